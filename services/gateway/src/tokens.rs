//! Tokens: JWT, verified by a JWKS with pinned algorithm, issuer and audience; and the built-in issuer for the
//! single program and for tests.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    errors::ErrorKind, jwk::JwkSet,
};
use kernel::{Kind, Refusal, clock::system_now};
use serde::{Deserialize, Serialize};

use crate::callers::SignedIn;

const LEEWAY: u64 = 30;
const LONGEST: usize = 8 * 1024;

/// What cannot be used to verify or sign tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The audience is empty: any token would do (CVE-2026-55689 of a peer).
    #[error("sign-in: the audience must not be empty")]
    NoAudience,
    /// The key set cannot be read.
    #[error("sign-in: {0} is not a JWKS with Ed25519 keys: {1}")]
    NotAKeySet(String, String),
    /// The key cannot be read or written.
    #[error("sign-in: key {0}: {1}")]
    Key(String, String),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    #[serde(default)]
    amr: Vec<String>,
}

/// Verifies tokens.
pub struct Tokens {
    keys: Vec<(Option<String>, DecodingKey)>,
    validation: Validation,
}

impl Tokens {
    /// Tokens of an issuer for an audience, by the keys of a JWKS.
    pub fn by_jwks(jwks: &str, issuer: &str, audience: &str) -> Result<Self, TokenError> {
        let wrong = |what: String| TokenError::NotAKeySet("jwks".into(), what);
        let set: JwkSet = serde_json::from_str(jwks).map_err(|e| wrong(e.to_string()))?;
        let mut keys = Vec::new();
        for jwk in &set.keys {
            let key = DecodingKey::from_jwk(jwk).map_err(|e| wrong(e.to_string()))?;
            keys.push((jwk.common.key_id.clone(), key));
        }
        if keys.is_empty() {
            return Err(wrong("no key in it".into()));
        }
        Self::new(keys, issuer, audience)
    }

    fn new(
        keys: Vec<(Option<String>, DecodingKey)>,
        issuer: &str,
        audience: &str,
    ) -> Result<Self, TokenError> {
        if audience.trim().is_empty() || issuer.trim().is_empty() {
            return Err(TokenError::NoAudience);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        Ok(Self { keys, validation })
    }

    /// Whom the token names.
    /// Refuses with `TOKEN_EXPIRED`, and with `TOKEN_INVALID` everything else that is wrong with it.
    pub fn verify(&self, token: &str) -> Result<SignedIn, Refusal> {
        let invalid = || {
            Refusal::new(
                Kind::Unauthenticated,
                "TOKEN_INVALID",
                "登录凭据无效，请重新登录。",
            )
        };
        let header = decode_header(token)
            .ok()
            .filter(|_| token.len() <= LONGEST)
            .ok_or_else(invalid)?;
        let by_id = self
            .keys
            .iter()
            .filter(|(id, _)| header.kid.is_none() || id.is_none() || *id == header.kid);
        let mut refusal = invalid();
        for (_, key) in by_id {
            match decode::<Claims>(token, key, &self.validation) {
                Ok(token) if uuid::Uuid::try_parse(&token.claims.sub).is_ok() => {
                    return Ok(signed_in(token.claims));
                }
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => {
                    refusal =
                        Refusal::new(Kind::Unauthenticated, "TOKEN_EXPIRED", "登录已过期，请重新登录。");
                }
                Err(_) => {}
            }
        }
        Err(refusal)
    }
}

fn signed_in(claims: Claims) -> SignedIn {
    let two_factors = claims.amr.iter().any(|method| method == "mfa");
    SignedIn {
        subject: claims.sub.to_lowercase(),
        session: claims.sid,
        two_factors,
    }
}

/// The built-in issuer: signs tokens with a key of its own in the key folder. For the single program and tests.
pub struct BuiltIn {
    key: SigningKey,
}

/// Issuer name of the built-in issuer.
pub const BUILT_IN: &str = "zhibu-built-in";
/// Audience of the suite.
pub const AUDIENCE: &str = "zhibu";
const FILE: &str = "sign-in.key";

impl BuiltIn {
    /// The issuer whose key lies in the folder; makes one where there is none.
    pub fn open(folder: &Path) -> Result<Self, TokenError> {
        let path = folder.join(FILE);
        let wrong = |e: std::io::Error| TokenError::Key(path.display().to_string(), e.to_string());
        if !path.exists() {
            let mut seed = [0u8; 32];
            getrandom::fill(&mut seed)
                .map_err(|e| TokenError::Key(path.display().to_string(), e.to_string()))?;
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o400)
                .open(&path)
                .map_err(wrong)?;
            file.write_all(hex::encode(seed).as_bytes()).map_err(wrong)?;
            file.sync_all().map_err(wrong)?;
        }
        let text = fs::read_to_string(&path).map_err(wrong)?;
        let seed: [u8; 32] = hex::decode(text.trim())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| TokenError::Key(path.display().to_string(), "not 64 hexadecimal digits".into()))?;
        Ok(Self {
            key: SigningKey::from_bytes(&seed),
        })
    }

    /// The verifier of its tokens.
    pub fn tokens(&self) -> Result<Tokens, TokenError> {
        let key = DecodingKey::from_ed_der(self.key.verifying_key().as_bytes());
        Tokens::new(vec![(None, key)], BUILT_IN, AUDIENCE)
    }

    /// A token for a person.
    pub fn token(&self, subject: &str, life: Duration, two_factors: bool) -> Result<String, TokenError> {
        let now = system_now().timestamp();
        let claims = Claims {
            iss: BUILT_IN.into(),
            aud: AUDIENCE.into(),
            sub: subject.into(),
            sid: kernel::id::RecordId::new().to_string(),
            exp: now + i64::try_from(life.as_secs()).unwrap_or(i64::MAX / 2),
            nbf: now - 1,
            iat: now,
            amr: if two_factors {
                vec!["mfa".into()]
            } else {
                vec!["pwd".into()]
            },
        };
        let wrong = |what: String| TokenError::Key(FILE.into(), what);
        let der = self.key.to_pkcs8_der().map_err(|e| wrong(e.to_string()))?;
        let key = EncodingKey::from_ed_der(der.as_bytes());
        encode(&Header::new(Algorithm::EdDSA), &claims, &key).map_err(|e| wrong(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> (tempfile::TempDir, BuiltIn) {
        let folder = tempfile::tempdir().expect("folder");
        let issuer = BuiltIn::open(folder.path()).expect("issuer");
        (folder, issuer)
    }

    #[test]
    fn its_own_token_is_believed_and_no_byte_may_change() {
        let (folder, issuer) = issuer();
        let subject = kernel::id::PersonId::new().to_string();
        let token = issuer
            .token(&subject, Duration::from_secs(60), true)
            .expect("token");
        let tokens = BuiltIn::open(folder.path())
            .expect("again")
            .tokens()
            .expect("tokens");
        let known = tokens.verify(&token).expect("believed");
        assert_eq!((known.subject, known.two_factors), (subject, true));
        for at in (0..token.len()).step_by(3) {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            assert!(
                tokens.verify(&String::from_utf8_lossy(&forged)).is_err(),
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_foreign_key_a_none_algorithm_and_an_old_token_are_refused() {
        let (_folder, own) = issuer();
        let (_other_folder, other) = issuer();
        let subject = kernel::id::PersonId::new().to_string();
        let tokens = own.tokens().expect("tokens");
        let foreign = other
            .token(&subject, Duration::from_secs(60), false)
            .expect("token");
        assert_eq!(
            tokens.verify(&foreign).expect_err("foreign").reason,
            "TOKEN_INVALID"
        );
        let good = own
            .token(&subject, Duration::from_secs(60), false)
            .expect("token");
        let payload = good.split('.').nth(1).expect("payload");
        let none = format!("eyJhbGciOiJub25lIn0.{payload}.");
        assert_eq!(tokens.verify(&none).expect_err("none").reason, "TOKEN_INVALID");
        assert_eq!(tokens.verify("").expect_err("empty").reason, "TOKEN_INVALID");
    }

    #[test]
    fn an_empty_audience_does_not_start() {
        assert!(matches!(
            Tokens::by_jwks(r#"{"keys":[]}"#, "a", "b"),
            Err(TokenError::NotAKeySet(..))
        ));
        assert!(matches!(
            Tokens::new(Vec::new(), "a", " "),
            Err(TokenError::NoAudience)
        ));
    }
}
