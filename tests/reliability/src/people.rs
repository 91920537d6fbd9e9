//! People who call: at the gateway's door with a token, or at a service's own port with a signed context.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use access::{Caller, Grant, Issuer, Level, Standing, context::HEADER};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use gateway::tokens::BuiltIn;
use kernel::{
    Role,
    id::{OrganizationId, PersonId},
};
use seal::Keyring;
use tonic::{
    Request,
    metadata::{AsciiMetadataValue, MetadataValue},
};

use crate::lab::Trouble;

/// How long an answer is waited for.
pub const PATIENCE: Duration = Duration::from_secs(5);
const TOKEN_LIFE: Duration = Duration::from_secs(6 * 3600);
/// A context is good for a minute.
const CONTEXT_LIFE: Duration = Duration::from_secs(25);

/// Somebody with a token. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Person {
    /// His id.
    pub id: PersonId,
    bearer: AsciiMetadataValue,
}

impl Person {
    /// Somebody who has signed in with two factors.
    ///
    /// # Errors
    /// When the token cannot be made.
    pub fn new(id: PersonId, tokens: &BuiltIn) -> Result<Self, Trouble> {
        Self::signed_in(id, tokens, true)
    }

    /// Somebody who has signed in with one factor.
    ///
    /// # Errors
    /// When the token cannot be made.
    pub fn with_one_factor(id: PersonId, tokens: &BuiltIn) -> Result<Self, Trouble> {
        Self::signed_in(id, tokens, false)
    }

    fn signed_in(id: PersonId, tokens: &BuiltIn, two_factors: bool) -> Result<Self, Trouble> {
        let token = tokens.token(&id.to_string(), TOKEN_LIFE, two_factors);
        let token = token.map_err(|error| Trouble(error.to_string()))?;
        let bearer = MetadataValue::try_from(format!("Bearer {token}"));
        Ok(Self {
            id,
            bearer: bearer.map_err(|error| Trouble(error.to_string()))?,
        })
    }

    /// His token, as he sends it.
    #[must_use]
    pub fn bearer(&self) -> AsciiMetadataValue {
        self.bearer.clone()
    }

    /// His request.
    pub fn asks<Q>(&self, question: Q) -> Request<Q> {
        self.asks_within(PATIENCE, question)
    }

    /// His request, with a time limit.
    pub fn asks_within<Q>(&self, patience: Duration, question: Q) -> Request<Q> {
        let mut request = Request::new(question);
        request.set_timeout(patience);
        request
            .metadata_mut()
            .insert("authorization", self.bearer.clone());
        request
    }

    /// His request to a contract that several services serve.
    pub fn asks_of<Q>(&self, service: &'static str, question: Q) -> Request<Q> {
        let mut request = self.asks(question);
        let service = MetadataValue::from_static(service);
        request.metadata_mut().insert("zhibu-service", service);
        request
    }
}

/// Somebody as the gateway presents him to a service. Cheap to clone.
#[derive(Clone)]
pub struct Presented {
    caller: Arc<Caller>,
    issuer: Issuer,
    kept: Arc<Mutex<Option<(AsciiMetadataValue, Instant)>>>,
}

impl Presented {
    /// Somebody who holds these roles.
    #[must_use]
    pub fn new(id: PersonId, roles: &[(Role, OrganizationId)], keys: Arc<Keyring>) -> Self {
        let grants = roles.iter().map(|(role, organization)| Grant {
            role: *role,
            organization: *organization,
            until: None,
        });
        let caller = Caller {
            standing: Standing::Person,
            subject: id.to_string(),
            level: Level::Two,
            grants: grants.collect(),
            // No change of his roles makes it old.
            epoch: u64::MAX >> 1,
            ..Caller::nobody()
        };
        Self {
            caller: Arc::new(caller),
            issuer: Issuer::new(gateway::NAME, keys),
            kept: Arc::default(),
        }
    }

    /// His request.
    ///
    /// # Errors
    /// When the context cannot be signed.
    pub fn asks<Q>(&self, question: Q) -> Result<Request<Q>, Trouble> {
        let mut request = Request::new(question);
        request.set_timeout(PATIENCE);
        request.metadata_mut().insert(HEADER, self.context()?);
        Ok(request)
    }

    /// The context, signed anew in time.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn context(&self) -> Result<AsciiMetadataValue, Trouble> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((context, since)) = &*kept
            && since.elapsed() < CONTEXT_LIFE
        {
            return Ok(context.clone());
        }
        let signed = self.issuer.sign(&self.caller);
        let signed = signed.map_err(|error| Trouble(error.to_string()))?;
        let context = MetadataValue::try_from(signed).map_err(|error| Trouble(error.to_string()))?;
        *kept = Some((context.clone(), Instant::now()));
        Ok(context)
    }
}

/// A token with other claims, signed with the suite's own key, which lies in the folder.
///
/// # Errors
/// When key or token cannot be read.
pub fn forged(keys: &Path, token: &str, changes: &serde_json::Value) -> Result<String, Trouble> {
    let wrong = |what: &str| Trouble(format!("forging a token: {what}"));
    let seed = fs::read_to_string(keys.join("sign-in.key"))?;
    let seed: [u8; 32] = hex::decode(seed.trim())
        .ok()
        .and_then(|seed| seed.try_into().ok())
        .ok_or_else(|| wrong("no key"))?;
    let [head, claims, _] = token.split('.').collect::<Vec<_>>()[..] else {
        return Err(wrong("no token"));
    };
    let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| wrong("no claims"))?;
    let mut claims: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&claims).map_err(|_| wrong("no claims"))?;
    claims.extend(changes.as_object().cloned().unwrap_or_default());
    let claims = serde_json::to_vec(&claims).map_err(|_| wrong("no claims"))?;
    let signing = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = SigningKey::from_bytes(&seed).sign(signing.as_bytes());
    Ok(format!(
        "{signing}.{}",
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    ))
}
