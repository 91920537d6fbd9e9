//! One sealed field: `format (1) ‖ key id (2, big endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`. The first byte
//! names format and algorithm, the next two the key, so that keys and algorithms can change under data that
//! is already sealed.

use aes_gcm::{
    AesGcm, KeyInit,
    aead::{Aead, Payload, consts::U12},
};
use sm4::Sm4;

use crate::error::SealError;

/// SM4-GCM with a random nonce, the place of the field as associated data.
const SM4_GCM: u8 = 1;
const HEAD: usize = 3;
const NONCE: usize = 12;

/// An SM4 key, ready to use; wiped when dropped.
pub(crate) struct FieldKey(AesGcm<Sm4, U12>);

/// Where a field stands: sealed for one place, it opens in no other.
pub(crate) struct Place<'a> {
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
    pub(crate) row: &'a [u8],
}

impl Place<'_> {
    /// Names of tables and columns have no colon, and the id comes last: no two places give the same bytes.
    fn bytes(&self) -> Vec<u8> {
        [
            self.table.as_bytes(),
            b":",
            self.column.as_bytes(),
            b":",
            self.row,
        ]
        .concat()
    }
}

impl FieldKey {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        Self(AesGcm::new(key.into()))
    }

    pub(crate) fn seal(&self, id: u16, place: &Place<'_>, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let mut sealed = Vec::with_capacity(HEAD + NONCE + plaintext.len() + 16);
        sealed.push(SM4_GCM);
        sealed.extend(id.to_be_bytes());
        sealed.extend(nonce);
        // The head is bound too: a field does not open under another format or key id.
        let aad = [&sealed[..HEAD], &place.bytes()].concat();
        sealed.extend(self.encrypt(&nonce, &aad, plaintext)?);
        Ok(sealed)
    }

    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (head, rest) = sealed.split_at_checked(HEAD).ok_or(SealError::Tampered)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Tampered)?;
        let aad = [head, &place.bytes()].concat();
        let payload = Payload {
            msg: ciphertext,
            aad: &aad,
        };
        self.0
            .decrypt(nonce.into(), payload)
            .map_err(|_| SealError::Tampered)
    }

    fn encrypt(&self, nonce: &[u8; NONCE], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        // Fails only for a plaintext of more than 64 GiB.
        self.0
            .encrypt(nonce.into(), Payload { msg: plaintext, aad })
            .map_err(|_| SealError::Tampered)
    }
}

/// The id of the key that opens the field. Fails on bytes that are no sealed field.
pub(crate) fn key_id(sealed: &[u8]) -> Result<u16, SealError> {
    match sealed {
        [SM4_GCM, high, low, ..] => Ok(u16::from_be_bytes([*high, *low])),
        _ => Err(SealError::Tampered),
    }
}

#[cfg(test)]
mod tests {
    use sm4::cipher::{BlockCipherEncrypt, KeyInit as _};

    use super::*;

    const PLACE: Place<'_> = Place {
        table: "person",
        column: "identity_number",
        row: &[7; 16],
    };

    /// GB/T 32907, example 1 (N-22).
    #[test]
    fn sm4_gives_the_standards_answer() {
        let key: [u8; 16] = hex::decode("0123456789abcdeffedcba9876543210")
            .unwrap()
            .try_into()
            .unwrap();
        let mut block = key.into();
        Sm4::new(&key.into()).encrypt_block(&mut block);
        assert_eq!(hex::encode(block), "681edf34d206965e86b3e94f536e4246");
    }

    /// RFC 8998, appendix A.1.
    #[test]
    fn sm4_gcm_gives_the_answer_of_rfc_8998() {
        let hex = |text: &str| hex::decode(text).unwrap();
        let key: [u8; 16] = hex("0123456789ABCDEFFEDCBA9876543210").try_into().unwrap();
        let nonce: [u8; 12] = hex("00001234567800000000ABCD").try_into().unwrap();
        let aad = hex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
        let plaintext = hex(concat!(
            "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD",
            "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
        ));
        let ciphertext_and_tag = hex(concat!(
            "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735",
            "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D",
            "83DE3541E4C2B58177E065A9BF7B62EC"
        ));
        let key = FieldKey::new(&key);
        assert_eq!(key.encrypt(&nonce, &aad, &plaintext).unwrap(), ciphertext_and_tag);
    }

    #[test]
    fn a_sealed_field_opens_in_its_place_and_in_no_other() {
        let key = FieldKey::new(&[9; 16]);
        let sealed = key.seal(1, &PLACE, "110101".as_bytes()).unwrap();
        assert_eq!(key.open(&PLACE, &sealed).unwrap(), b"110101");
        for elsewhere in [
            Place {
                table: "applicant",
                ..PLACE
            },
            Place {
                column: "phone",
                ..PLACE
            },
            Place {
                row: &[8; 16],
                ..PLACE
            },
        ] {
            assert!(matches!(key.open(&elsewhere, &sealed), Err(SealError::Tampered)));
        }
    }

    #[test]
    fn each_changed_byte_and_each_cut_is_refused() {
        let key = FieldKey::new(&[9; 16]);
        let sealed = key.seal(1, &PLACE, b"13800138000").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(&PLACE, &changed).is_err(), "byte {at}");
            assert!(key.open(&PLACE, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_text_sealed_twice_looks_different() {
        let key = FieldKey::new(&[9; 16]);
        assert_ne!(
            key.seal(1, &PLACE, b"same").unwrap(),
            key.seal(1, &PLACE, b"same").unwrap()
        );
    }
}
