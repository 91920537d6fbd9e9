//! Which fields are sealed, and where: for one table, one column and one row each (N-21, N-23).

use kernel::{Fault, Fen, RpcError, id::PersonId};
use seal::{IndexKey, Keyring};
use uuid::Uuid;

use crate::domain::identity::IdentityNumber;

const PERSON: &str = "person";
const IDENTITY: &str = "identity_sealed";
const PHONE: &str = "phone_sealed";
const LINE: &str = "dues_line";
const BASE: &str = "base_sealed";

/// What finds an identity number without opening any.
#[must_use]
pub fn index(key: &IndexKey, number: &IdentityNumber) -> [u8; 32] {
    key.of("person.identity_number", number.clear())
}

/// Seals an identity number.
pub fn identity(keys: &Keyring, person: PersonId, number: &IdentityNumber) -> Result<Vec<u8>, RpcError> {
    sealed(keys.seal_field(PERSON, IDENTITY, &person.bytes(), number.clear().as_bytes()))
}

/// Opens an identity number.
pub fn open_identity(keys: &Keyring, person: Uuid, bytes: &[u8]) -> Result<String, RpcError> {
    text(sealed(keys.open_field(
        PERSON,
        IDENTITY,
        person.as_bytes(),
        bytes,
    ))?)
}

/// Seals a phone.
pub fn phone(keys: &Keyring, person: PersonId, phone: &str) -> Result<Vec<u8>, RpcError> {
    sealed(keys.seal_field(PERSON, PHONE, &person.bytes(), phone.as_bytes()))
}

/// Opens a phone.
pub fn open_phone(keys: &Keyring, person: Uuid, bytes: &[u8]) -> Result<String, RpcError> {
    text(sealed(keys.open_field(PERSON, PHONE, person.as_bytes(), bytes))?)
}

/// Seals the base of dues of a member on a sheet: it is income.
pub fn base(keys: &Keyring, sheet: Uuid, person: PersonId, base: Fen) -> Result<Vec<u8>, RpcError> {
    let row = [*sheet.as_bytes(), person.bytes()].concat();
    sealed(keys.seal_field(LINE, BASE, &row, base.0.to_string().as_bytes()))
}

/// Opens the base of dues of a member on a sheet.
pub fn open_base(keys: &Keyring, sheet: Uuid, person: Uuid, bytes: &[u8]) -> Result<Fen, RpcError> {
    let row = [*sheet.as_bytes(), *person.as_bytes()].concat();
    let clear = text(sealed(keys.open_field(LINE, BASE, &row, bytes))?)?;
    clear
        .parse()
        .map(Fen)
        .map_err(|_| Fault::new("a sealed base is no amount").into())
}

fn sealed<T>(outcome: Result<T, seal::SealError>) -> Result<T, RpcError> {
    outcome.map_err(|e| Fault::from("a sealed field", e).into())
}

fn text(bytes: Vec<u8>) -> Result<String, RpcError> {
    // The error of a conversion would carry the bytes: it is left out.
    String::from_utf8(bytes).map_err(|_| Fault::new("a sealed field is no text").into())
}
