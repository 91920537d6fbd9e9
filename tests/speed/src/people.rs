//! Who calls: at the gateway's door with a token, at a service's own port with a signed context.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use access::{Caller, Grant, Issuer, Level, Standing, context::HEADER};
use gateway::tokens::BuiltIn;
use kernel::{Role, id::OrganizationId};
use seal::Keyring;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};

use crate::lab::Trouble;

const TOKEN_LIFE: Duration = Duration::from_secs(6 * 3600);
/// A context is good for a minute.
const CONTEXT_LIFE: Duration = Duration::from_secs(25);

/// The headers of somebody who has signed in at the gateway with two factors.
///
/// # Errors
/// When the token cannot be made.
pub fn signed_in(keys: &Path, subject: &str) -> Result<MetadataMap, Trouble> {
    let wrong = |error: &dyn std::fmt::Display| Trouble(format!("a token: {error}"));
    let issuer = BuiltIn::open(keys).map_err(|error| wrong(&error))?;
    let token = issuer.token(subject, TOKEN_LIFE, true);
    let token = token.map_err(|error| wrong(&error))?;
    let value = AsciiMetadataValue::try_from(format!("Bearer {token}")).map_err(|error| wrong(&error))?;
    let mut headers = MetadataMap::new();
    headers.insert("authorization", value);
    Ok(headers)
}

/// Somebody as the gateway presents him to a service. Cheap to clone.
#[derive(Clone)]
pub struct Presented {
    caller: Arc<Caller>,
    issuer: Issuer,
    kept: Arc<Mutex<Option<(MetadataMap, Instant)>>>,
}

impl Presented {
    /// Somebody with these roles at an organization.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub fn new(keys: &Path, subject: &str, roles: &[Role], at: OrganizationId) -> Result<Self, Trouble> {
        let keys = Keyring::load(keys).map_err(|error| Trouble(error.to_string()))?;
        let grants = roles.iter().map(|role| Grant {
            role: *role,
            organization: at,
            until: None,
        });
        let caller = Caller {
            standing: Standing::Person,
            subject: subject.to_owned(),
            level: Level::Two,
            grants: grants.collect(),
            // No change of his roles makes it old.
            epoch: u64::MAX >> 1,
            ..Caller::nobody()
        };
        Ok(Self {
            caller: Arc::new(caller),
            issuer: Issuer::new(gateway::NAME, Arc::new(keys)),
            kept: Arc::default(),
        })
    }

    /// His headers, signed anew in time.
    ///
    /// # Errors
    /// When they cannot be signed.
    pub fn headers(&self) -> Result<MetadataMap, Trouble> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((headers, since)) = &*kept
            && since.elapsed() < CONTEXT_LIFE
        {
            return Ok(headers.clone());
        }
        let signed = self.issuer.sign(&self.caller);
        let signed = signed.map_err(|error| Trouble(error.to_string()))?;
        let value = AsciiMetadataValue::try_from(signed).map_err(|error| Trouble(error.to_string()))?;
        let mut headers = MetadataMap::new();
        headers.insert(HEADER, value);
        *kept = Some((headers.clone(), Instant::now()));
        Ok(headers)
    }
}
