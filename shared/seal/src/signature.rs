//! SM2 signatures (GB/T 32918.2), 64 bytes `r ‖ s`, with the identity that the standard gives to signers
//! without one of their own, so that other software verifies them without being told more.

use sm2::{
    PublicKey, SecretKey,
    dsa::{
        Signature, SigningKey, VerifyingKey,
        signature::{Signer, Verifier},
    },
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding},
};
use zeroize::Zeroizing;

use crate::error::SealError;

/// GM/T 0009: the identity of a signer for whom no other was agreed.
const IDENTITY: &str = "1234567812345678";

/// A private key; wiped when dropped.
pub(crate) struct Signing(SecretKey);

impl Signing {
    pub(crate) fn generate() -> Result<Self, SealError> {
        loop {
            let mut scalar = Zeroizing::new([0; 32]);
            getrandom::fill(scalar.as_mut()).map_err(|_| SealError::NoRandomness)?;
            // Nearly every 32 bytes are a scalar of the curve; the few that are not are drawn again.
            if let Ok(secret) = SecretKey::from_slice(scalar.as_ref()) {
                return Ok(Self(secret));
            }
        }
    }

    /// From PKCS #8 in PEM.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        SecretKey::from_pkcs8_pem(pem).ok().map(Self)
    }

    /// As PKCS #8 in PEM, and the public half.
    pub(crate) fn to_pem(&self) -> Option<(Zeroizing<String>, String)> {
        let private = self.0.to_pkcs8_pem(LineEnding::LF).ok()?;
        let public = self.0.public_key().to_public_key_pem(LineEnding::LF).ok()?;
        Some((private, public))
    }

    /// The library's signing key is not wiped when dropped, so it lives for one signature only.
    pub(crate) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let key = SigningKey::new(IDENTITY, &self.0).ok()?;
        let signature: Signature = key.try_sign(bytes).ok()?;
        Some(signature.to_bytes().to_vec())
    }
}

/// A public key.
pub(crate) struct Verifying(VerifyingKey);

impl Verifying {
    /// From SubjectPublicKeyInfo in PEM.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let key = PublicKey::from_public_key_pem(pem).ok()?;
        VerifyingKey::new(IDENTITY, key).ok().map(Self)
    }

    pub(crate) fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify(bytes, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GB/T 32918.5, appendix A.
    const PRIVATE: &str = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8";
    const PUBLIC: &str = concat!(
        "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020",
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    );
    const SIGNATURE: &str = concat!(
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3",
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
    );

    #[test]
    fn the_standards_signature_verifies_and_each_changed_byte_does_not() {
        let public = hex::decode(PUBLIC).unwrap();
        let key = Verifying(VerifyingKey::from_sec1_bytes(IDENTITY, &public).unwrap());
        let signature = hex::decode(SIGNATURE).unwrap();
        assert!(key.verifies(b"message digest", &signature));
        assert!(!key.verifies(b"message digesT", &signature));
        assert!(!key.verifies(b"message digest", &signature[..63]));
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert!(!key.verifies(b"message digest", &changed), "byte {at}");
        }
    }

    #[test]
    fn the_standards_private_key_has_the_standards_public_key() {
        let key = Signing(SecretKey::from_slice(&hex::decode(PRIVATE).unwrap()).unwrap());
        assert_eq!(
            hex::encode_upper(key.0.public_key().to_sec1_bytes()),
            PUBLIC,
            "public key of the private key"
        );
    }

    #[test]
    fn a_key_that_went_through_its_file_signs_for_the_same_public_key() {
        let key = Signing::generate().unwrap();
        let (private, public) = key.to_pem().unwrap();
        let signature = Signing::from_pem(&private).unwrap().sign(b"bytes").unwrap();
        assert_eq!(signature.len(), 64);
        assert!(
            Verifying::from_pem(&public)
                .unwrap()
                .verifies(b"bytes", &signature)
        );
        let (_, other) = Signing::generate().unwrap().to_pem().unwrap();
        assert!(
            !Verifying::from_pem(&other)
                .unwrap()
                .verifies(b"bytes", &signature)
        );
    }
}
