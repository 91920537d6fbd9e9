//! Tokens: JWT, verified by pinned Ed25519 keys, issuer and audience; and the built-in issuer for the single program
//! and for tests.
//!
//! What a token's own header says of keys (`jku`, `jwk`, `x5u`) is not looked at; `kid` chooses among our keys.

use std::time::Duration;

use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, decode, decode_header,
    errors::ErrorKind,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk},
};
use kernel::{Kind, Refusal, clock::system_now};
use moka::sync::Cache;
use serde::Deserialize;
use uuid::Uuid;

use crate::callers::SignedIn;

mod built_in;

pub use built_in::{AUDIENCE, BUILT_IN, BuiltIn};

/// Clocks of issuer and gateway may differ by so many seconds.
const LEEWAY: u16 = 30;
const LONGEST: usize = 8 * 1024;
const LONGEST_SESSION: usize = 128;
/// A verified token is believed without another signature check for so long, and never beyond its end.
const BELIEVED: Duration = Duration::from_secs(60);
const REMEMBERED: u64 = 100_000;

/// What cannot be used to verify or sign tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The issuer or the audience is empty: any token would do (CVE-2026-55689 of a peer).
    #[error("登录设置不全：sign_in.issuer 和 sign_in.audience 不能留空。")]
    NoAudience,
    /// The key set cannot be read.
    #[error("登录公钥集 {0} 不能使用（{1}）。应为含 Ed25519 公钥的 JWKS 文件，请检查 gateway.sign_in.jwks。")]
    NotAKeySet(String, String),
    /// The key cannot be read or written.
    #[error("登录密钥 {0} 不能使用（{1}）。请检查密钥目录的权限和内容。")]
    Key(String, String),
}

/// What is read of a token beside what [`Validation`] looks at.
#[derive(Deserialize)]
struct Claims {
    sub: Uuid,
    sid: String,
    exp: i64,
    #[serde(rename = "nbf")]
    _nbf: i64,
    #[serde(rename = "iat")]
    _iat: i64,
    #[serde(default)]
    amr: Vec<String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// Verifies tokens, and remembers verified ones until they end.
pub struct Tokens {
    keys: Vec<(Option<String>, DecodingKey)>,
    validation: Validation,
    known: Cache<[u8; 32], (SignedIn, i64)>,
}

impl Tokens {
    /// Tokens of an issuer for an audience, by the Ed25519 keys of a JWKS; keys of other kinds in it are not ours.
    pub fn by_jwks(jwks: &str, issuer: &str, audience: &str) -> Result<Self, TokenError> {
        let wrong = |what: String| TokenError::NotAKeySet("jwks".into(), what);
        let set: KeySet = serde_json::from_str(jwks).map_err(|e| wrong(e.to_string()))?;
        let ours = set
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
            .filter(is_ed25519);
        let mut keys: Vec<(Option<String>, DecodingKey)> = Vec::new();
        for jwk in ours {
            let id = jwk.common.key_id.clone();
            if keys.iter().any(|(known, _)| *known == id) {
                return Err(wrong(format!("two keys with the kid {id:?}")));
            }
            keys.push((id, DecodingKey::from_jwk(&jwk).map_err(|e| wrong(e.to_string()))?));
        }
        if keys.is_empty() {
            return Err(wrong("no such key in it".into()));
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
        validation.leeway = LEEWAY.into();
        Ok(Self {
            keys,
            validation,
            known: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(BELIEVED)
                .build(),
        })
    }

    /// Whom a token names that was verified a moment ago; `None` for one that is yet to be looked at.
    #[must_use]
    pub fn recall(&self, token: &str) -> Option<SignedIn> {
        let (signed_in, end) = self.known.get(&seal::sm3(token.as_bytes()))?;
        (system_now().timestamp() < end + i64::from(LEEWAY)).then_some(signed_in)
    }

    /// Whom the token names.
    /// Refuses with `TOKEN_EXPIRED`, and with `TOKEN_INVALID` everything else that is wrong with it.
    pub fn verify(&self, token: &str) -> Result<SignedIn, Refusal> {
        let header = Some(token)
            .filter(|token| token.len() <= LONGEST)
            .and_then(|token| decode_header(token).ok())
            .filter(is_plain)
            .ok_or_else(invalid)?;
        let (_, key) = self
            .keys
            .iter()
            .find(|(id, _)| *id == header.kid)
            .ok_or_else(invalid)?;
        let read = decode::<Claims>(token, key, &self.validation);
        let claims = read.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => {
                Refusal::new(Kind::Unauthenticated, "TOKEN_EXPIRED", "登录已过期，请重新登录。")
            }
            _ => invalid(),
        })?;
        let claims = claims.claims;
        if !(1..=LONGEST_SESSION).contains(&claims.sid.len()) {
            return Err(invalid());
        }
        let end = claims.exp;
        let signed_in = SignedIn {
            subject: claims.sub.hyphenated().to_string(),
            session: claims.sid,
            two_factors: claims.amr.iter().any(|method| method == "mfa"),
        };
        self.known
            .insert(seal::sm3(token.as_bytes()), (signed_in.clone(), end));
        Ok(signed_in)
    }
}

fn is_ed25519(key: &Jwk) -> bool {
    matches!(&key.algorithm, AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519)
}

/// An access token with nothing in its header that we would have to understand and do not (RFC 7515 part 4.1.11).
fn is_plain(header: &Header) -> bool {
    let kind = header.typ.as_deref().unwrap_or("JWT");
    let known = ["JWT", "at+jwt"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(kind));
    known && header.crit.is_none() && header.enc.is_none() && header.zip.is_none()
}

fn invalid() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "TOKEN_INVALID",
        "登录凭据无效，请重新登录。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_issuer_or_an_audience_nothing_is_verified() {
        for (issuer, audience) in [("a", " "), ("", "b"), ("", "")] {
            assert!(matches!(
                Tokens::new(Vec::new(), issuer, audience),
                Err(TokenError::NoAudience)
            ));
        }
    }

    #[test]
    fn a_key_set_without_a_key_of_ours_is_refused() {
        let secret = r#"{"keys":[{"kty":"oct","kid":"1","k":"AAAA"}]}"#;
        let odd = r#"{"keys":[{"kty":"new","kid":"1"}]}"#;
        for set in ["", "[]", r#"{"keys":[]}"#, secret, odd] {
            assert!(
                matches!(Tokens::by_jwks(set, "a", "b"), Err(TokenError::NotAKeySet(..))),
                "{set}"
            );
        }
    }

    #[test]
    fn two_keys_of_one_name_are_refused() {
        let key =
            r#"{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        assert!(Tokens::by_jwks(&format!(r#"{{"keys":[{key}]}}"#), "a", "b").is_ok());
        assert!(Tokens::by_jwks(&format!(r#"{{"keys":[{key},{key}]}}"#), "a", "b").is_err());
    }
}
