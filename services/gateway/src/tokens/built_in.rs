//! The built-in issuer: signs tokens with a key of its own in the key folder. For the single program and tests.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use kernel::{clock::system_now, id::RecordId};
use serde_json::json;

use super::{TokenError, Tokens};

/// Issuer name of the built-in issuer.
pub const BUILT_IN: &str = "zhibu-built-in";
/// Audience of the suite.
pub const AUDIENCE: &str = "zhibu";
const FILE: &str = "sign-in.key";

/// Signs tokens.
pub struct BuiltIn {
    key: SigningKey,
}

impl BuiltIn {
    /// The issuer whose key lies in the folder; makes one where there is none. Several processes may do so at the
    /// same time: one key stays.
    pub fn open(folder: &Path) -> Result<Self, TokenError> {
        let path = folder.join(FILE);
        let wrong = |e: io::Error| TokenError::Key(path.display().to_string(), e.to_string());
        if !path.exists() {
            make(&path).map_err(wrong)?;
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
        Tokens::new(vec![(Some(self.key_id()), key)], BUILT_IN, AUDIENCE)
    }

    /// A token for a person.
    pub fn token(&self, subject: &str, life: Duration, two_factors: bool) -> Result<String, TokenError> {
        let now = system_now().timestamp();
        let claims = json!({
            "iss": BUILT_IN,
            "aud": AUDIENCE,
            "sub": subject,
            "sid": RecordId::new().to_string(),
            "exp": now + i64::try_from(life.as_secs()).unwrap_or(i64::MAX / 2),
            "nbf": now - 1,
            "iat": now,
            "amr": [if two_factors { "mfa" } else { "pwd" }],
        });
        let wrong = |what: String| TokenError::Key(FILE.into(), what);
        let der = self.key.to_pkcs8_der().map_err(|e| wrong(e.to_string()))?;
        let key = EncodingKey::from_ed_der(der.as_bytes());
        let header = Header {
            kid: Some(self.key_id()),
            ..Header::new(Algorithm::EdDSA)
        };
        encode(&header, &claims, &key).map_err(|e| wrong(e.to_string()))
    }

    /// Names the key: the beginning of its fingerprint.
    fn key_id(&self) -> String {
        let print = hex::encode(seal::sm3(self.key.verifying_key().as_bytes()));
        print.get(..16).unwrap_or_default().to_owned()
    }
}

/// The key is written whole before it has its name, so that nobody reads a part of it; who comes second keeps the
/// first one.
fn make(path: &Path) -> io::Result<()> {
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).map_err(|e| io::Error::other(e.to_string()))?;
    let own = PathBuf::from(format!("{}.{}", path.display(), RecordId::new()));
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o400)
        .open(&own)
        .and_then(|mut file| {
            file.write_all(hex::encode(seed).as_bytes())?;
            file.sync_all()
        });
    let named = written.and_then(|()| match fs::hard_link(&own, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        named => named,
    });
    named.and(fs::remove_file(&own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_token_is_believed_and_no_byte_may_change() {
        let folder = tempfile::tempdir().expect("folder");
        let issuer = BuiltIn::open(folder.path()).expect("issuer");
        let subject = kernel::id::PersonId::new().to_string();
        let token = issuer
            .token(&subject, Duration::from_secs(60), true)
            .expect("token");
        let again = BuiltIn::open(folder.path()).expect("again");
        let tokens = again.tokens().expect("tokens");
        assert_eq!(tokens.recall(&token), None, "not looked at yet");
        let known = tokens.verify(&token).expect("believed");
        assert_eq!(tokens.recall(&token).as_ref(), Some(&known));
        assert_eq!((known.subject, known.two_factors), (subject, true));
        for at in (0..token.len()).step_by(3) {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8_lossy(&forged);
            assert_eq!(tokens.recall(&forged), None, "byte {at}");
            assert!(tokens.verify(&forged).is_err(), "byte {at}");
        }
    }

    #[test]
    fn who_opens_it_at_the_same_time_gets_the_same_key() {
        let folder = tempfile::tempdir().expect("folder");
        let open = || BuiltIn::open(folder.path()).expect("issuer").key.to_bytes();
        let keys = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            let keys = threads.into_iter().map(|thread| thread.join().expect("no panic"));
            keys.collect::<std::collections::BTreeSet<_>>()
        });
        assert_eq!(keys.len(), 1);
        let files = fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(files, 1, "nothing else stays");
    }
}
