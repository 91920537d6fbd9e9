//! Tokens of an issuer of the tests, whose key set the gateway reads from a file.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use kernel::{clock::system_now, id::PersonId};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(super) const ISSUER: &str = "https://issuer.example";
pub(super) const AUDIENCE: &str = "zhibu";
pub(super) const KEY_ID: &str = "key-1";

/// The issuer and the file with its key set.
pub(super) struct TestIssuer {
    pub(super) key: SigningKey,
    folder: TempDir,
}

impl TestIssuer {
    pub(super) fn new() -> Self {
        let issuer = Self {
            key: SigningKey::from_bytes(&[7; 32]),
            folder: tempfile::tempdir().expect("a folder"),
        };
        let set = json!({ "keys": [issuer.public(KEY_ID)] });
        std::fs::write(issuer.file(), set.to_string()).expect("written");
        issuer
    }

    pub(super) fn file(&self) -> String {
        self.folder.path().join("jwks.json").display().to_string()
    }

    /// Its public key as in a key set.
    pub(super) fn public(&self, id: &str) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "alg": "EdDSA", "use": "sig", "x": x })
    }

    /// The header of a good token.
    pub(super) fn header() -> Value {
        json!({ "alg": "EdDSA", "typ": "JWT", "kid": KEY_ID })
    }

    /// The claims of a good token.
    pub(super) fn claims() -> Value {
        let now = system_now().timestamp();
        json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": PersonId::new().to_string(),
            "sid": "session-1",
            "exp": now + 300,
            "nbf": now - 1,
            "iat": now,
            "amr": ["pwd", "mfa"],
        })
    }

    /// A token with this header and these claims, signed by the issuer's key.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// The same of texts that need not be JSON.
    pub(super) fn sign_text(&self, header: &str, claims: &str) -> String {
        signed(&self.key, header, claims)
    }

    /// Settings of a gateway that believes this issuer.
    pub(super) fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("ZHIBU_GATEWAY__SIGN_IN__JWKS", self.file()),
            ("ZHIBU_GATEWAY__SIGN_IN__ISSUER", ISSUER.into()),
            ("ZHIBU_GATEWAY__SIGN_IN__AUDIENCE", AUDIENCE.into()),
            ("ZHIBU_GATEWAY__RATE__STRANGER", "100000".into()),
        ]
    }
}

/// A token signed by a key.
pub(super) fn signed(key: &SigningKey, header: &str, claims: &str) -> String {
    let signing = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = key.sign(signing.as_bytes());
    format!("{signing}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// The object with some of its members changed; null takes one away.
pub(super) fn but(object: &Value, changes: Value) -> Value {
    let mut object = object.clone();
    let own = object.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => own.remove(name),
            value => own.insert(name.clone(), value.clone()),
        };
    }
    object
}
