//! The caller context: who calls, signed once by the gateway (or by a service for itself), good for a minute,
//! verified once by each service and remembered on both sides: a signature for each call would cost more than the
//! call.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use kernel::{Instant, Kind, Refusal, clock::system_now};
use moka::sync::Cache;
use seal::Keyring;
use serde::{Deserialize, Serialize};

use crate::caller::{Caller, Standing};

/// The metadata key that carries the context.
pub const HEADER: &str = "zhibu-caller";
const AUDIENCE: &str = "zhibu";
const LIFE_SECONDS: i64 = 60;
const LEEWAY_SECONDS: i64 = 5;
const REMEMBERED: u64 = 10_000;

#[derive(Serialize, Deserialize)]
struct Context {
    aud: String,
    iss: String,
    exp: i64,
    iat: i64,
    caller: Caller,
}

/// Signs contexts in the name of one issuer.
#[derive(Clone)]
pub struct Issuer {
    name: String,
    keys: Arc<Keyring>,
    own: Arc<RwLock<Option<(String, Instant)>>>,
}

impl Issuer {
    /// An issuer whose private key is in the keyring.
    #[must_use]
    pub fn new(name: &str, keys: Arc<Keyring>) -> Self {
        Self {
            name: name.to_owned(),
            keys,
            own: Arc::default(),
        }
    }

    /// A context for the caller, good for a minute.
    /// Fails when the keyring has no private key of this issuer.
    pub fn sign(&self, caller: &Caller) -> Result<String, seal::SealError> {
        let now = system_now().timestamp();
        let context = Context {
            aud: AUDIENCE.into(),
            iss: self.name.clone(),
            exp: now + LIFE_SECONDS,
            iat: now,
            caller: caller.clone(),
        };
        let payload = BASE64.encode(serde_json::to_vec(&context).unwrap_or_default());
        let signature = self.keys.sign(&self.name, payload.as_bytes())?;
        Ok(format!("{payload}.{}", BASE64.encode(signature)))
    }

    /// The context with which the issuer calls for itself; signed anew when half of its life is over.
    pub fn own(&self) -> Result<String, seal::SealError> {
        let now = system_now();
        let kept = self.own.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((token, since)) = kept
            && now - since < chrono::Duration::seconds(LIFE_SECONDS / 2)
        {
            return Ok(token);
        }
        let token = self.sign(&Caller::service(&self.name))?;
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = Some((token.clone(), now));
        Ok(token)
    }
}

/// Verifies contexts and remembers verified ones until they expire.
#[derive(Clone)]
pub struct Verifier {
    keys: Arc<Keyring>,
    known: Cache<Box<str>, (Arc<Caller>, i64)>,
    epochs: Arc<RwLock<HashMap<String, u64>>>,
}

impl Verifier {
    /// A verifier that knows the issuers of the keyring.
    #[must_use]
    pub fn new(keys: Arc<Keyring>) -> Self {
        let known = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(Duration::from_secs(LIFE_SECONDS.unsigned_abs()))
            .build();
        Self {
            keys,
            known,
            epochs: Arc::default(),
        }
    }

    /// The caller that a context names.
    /// Refuses with `CONTEXT_INVALID` (forged, foreign, malformed), `CONTEXT_EXPIRED`, or `EPOCH_OLD` when the
    /// subject's grants have changed since: the gateway resolves them again.
    pub fn verify(&self, token: &str) -> Result<Arc<Caller>, Refusal> {
        let now = system_now().timestamp();
        let (caller, exp) = match self.known.get(token) {
            Some(known) => known,
            None => {
                let fresh = self.open(token, now)?;
                self.known.insert(token.into(), fresh.clone());
                fresh
            }
        };
        if exp + LEEWAY_SECONDS < now {
            return Err(refuse("CONTEXT_EXPIRED", "登录状态已过期，请重新登录。"));
        }
        let oldest = self
            .epochs
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&caller.subject)
            .copied();
        if caller.standing == Standing::Person && oldest.is_some_and(|epoch| caller.epoch < epoch) {
            return Err(refuse("EPOCH_OLD", "您的职责刚刚有变动，请重新登录。"));
        }
        Ok(caller)
    }

    /// Contexts of the subject older than the epoch are refused from now on.
    pub fn expect_epoch(&self, subject: &str, epoch: u64) {
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        let known = epochs.entry(subject.to_owned()).or_default();
        *known = epoch.max(*known);
    }

    fn open(&self, token: &str, now: i64) -> Result<(Arc<Caller>, i64), Refusal> {
        let invalid = || refuse("CONTEXT_INVALID", "身份凭据无效，请重新登录。");
        let (payload, signature) = token.split_once('.').ok_or_else(invalid)?;
        let bytes = BASE64.decode(payload).map_err(|_| invalid())?;
        let context: Context = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        let signature = BASE64.decode(signature).map_err(|_| invalid())?;
        self.keys
            .verify(&context.iss, payload.as_bytes(), &signature)
            .map_err(|_| invalid())?;
        // The gateway speaks for people; everybody else for himself alone.
        let entitled = match context.caller.standing {
            Standing::Person | Standing::Nobody => context.iss == "gateway",
            Standing::Service => context.iss == context.caller.subject,
        };
        if context.aud != AUDIENCE || context.iat > now + LEEWAY_SECONDS || !entitled {
            return Err(invalid());
        }
        Ok((Arc::new(context.caller), context.exp))
    }
}

fn refuse(reason: &'static str, zh: &str) -> Refusal {
    Refusal::new(Kind::Unauthenticated, reason, zh)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (tempfile::TempDir, Arc<Keyring>) {
        let folder = tempfile::tempdir().expect("folder");
        Keyring::create(folder.path()).expect("keys");
        let keys = Keyring::load(folder.path()).expect("keyring");
        (folder, Arc::new(keys))
    }

    fn person(epoch: u64) -> Caller {
        Caller {
            standing: Standing::Person,
            subject: "p".into(),
            epoch,
            ..Caller::nobody()
        }
    }

    #[test]
    fn a_context_of_the_gateway_is_believed_and_each_changed_byte_refused() {
        let (_folder, keys) = keys();
        let token = Issuer::new("gateway", keys.clone())
            .sign(&person(1))
            .expect("token");
        assert_eq!(
            *Verifier::new(keys.clone()).verify(&token).expect("caller"),
            person(1)
        );
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] ^= 1;
            let forged = String::from_utf8_lossy(&forged).into_owned();
            assert!(Verifier::new(keys.clone()).verify(&forged).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_service_speaks_for_nobody_but_itself() {
        let (_folder, keys) = keys();
        let verifier = Verifier::new(keys.clone());
        let rating = Issuer::new("rating", keys);
        assert!(verifier.verify(&rating.own().expect("token")).is_ok());
        for caller in [person(1), Caller::service("member")] {
            let token = rating.sign(&caller).expect("token");
            assert_eq!(
                verifier.verify(&token).expect_err("refused").reason,
                "CONTEXT_INVALID"
            );
        }
    }

    #[test]
    fn an_older_epoch_is_refused_also_when_it_was_believed_before() {
        let (_folder, keys) = keys();
        let verifier = Verifier::new(keys.clone());
        let token = Issuer::new("gateway", keys).sign(&person(3)).expect("token");
        assert!(verifier.verify(&token).is_ok());
        verifier.expect_epoch("p", 4);
        assert_eq!(verifier.verify(&token).expect_err("refused").reason, "EPOCH_OLD");
    }
}
