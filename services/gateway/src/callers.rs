//! Who calls: a token is verified, its subject's roles are resolved once and signed into a caller context that
//! the services believe for a minute.
//!
//! Services refuse contexts of an older epoch themselves, so that roles which were known before may stand in while
//! organization does not answer: whoever lost one is refused by everybody who heard of it.

use std::{sync::Arc, time::Duration};

use access::{Caller, Grant, Issuer, Level, Standing};
use http::{HeaderMap, HeaderValue, header};
use kernel::{Fault, Kind, Refusal, Role, RpcError};
use moka::future::Cache;
use runtime::link::Link;

use crate::{limits::Limits, peers, tokens::Tokens};

/// How long resolved roles are believed without looking again.
const FRESH: Duration = Duration::from_secs(5);
/// How long they stand in while organization does not answer.
const KEPT: Duration = Duration::from_secs(600);
/// How long organization is waited for when there is something to stand in.
const PATIENCE: Duration = Duration::from_millis(300);
const REMEMBERED: u64 = 100_000;
/// The reason of a service that knows of a change of the caller's roles which the context does not.
pub const EPOCH_OLD: &str = "EPOCH_OLD";

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignedIn {
    /// The person.
    pub subject: String,
    /// The session.
    pub session: String,
    /// Whether two factors were used.
    pub two_factors: bool,
}

/// What organization knows of a subject.
#[derive(Debug, Clone)]
struct Roles {
    grants: Vec<Grant>,
    epoch: u64,
}

/// Verifies tokens and keeps caller contexts. Cheap to clone.
#[derive(Clone)]
pub struct Callers {
    tokens: Arc<Tokens>,
    issuer: Issuer,
    organization: Link,
    contexts: Cache<SignedIn, HeaderValue>,
    roles: Cache<String, Roles>,
}

impl Callers {
    /// Callers whose tokens are verified by `tokens`, whose roles `organization` knows, and whose contexts are signed
    /// by `issuer`.
    #[must_use]
    pub fn new(tokens: Tokens, issuer: Issuer, organization: Link) -> Self {
        let contexts = Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH);
        let roles = Cache::builder().max_capacity(REMEMBERED).time_to_live(KEPT);
        Self {
            tokens: Arc::new(tokens),
            issuer,
            organization,
            contexts: contexts.build(),
            roles: roles.build(),
        }
    }

    /// Who the request's token names; nobody when there is none. Counts the call.
    /// Refuses with `TOKEN_INVALID` or `TOKEN_EXPIRED`, and with `RATE_LIMITED` who calls too often: a wrong token
    /// counts for its address, which is not listened to for a moment after too many of them.
    pub fn sign_in(&self, headers: &HeaderMap, limits: &Limits) -> Result<Option<SignedIn>, Refusal> {
        let Some(given) = headers.get(header::AUTHORIZATION) else {
            limits.stranger(headers)?;
            return Ok(None);
        };
        let signed_in = match bearer(given) {
            None => Err(not_bearer()),
            Some(token) => match self.tokens.recall(token) {
                Some(known) => Ok(known),
                None => {
                    limits.may_show_tokens(headers)?;
                    self.tokens.verify(token)
                }
            },
        };
        match signed_in {
            Ok(signed_in) => {
                limits.caller(&signed_in)?;
                Ok(Some(signed_in))
            }
            Err(refusal) => {
                limits.wrong_token(headers)?;
                Err(refusal)
            }
        }
    }

    /// The signed context of a caller, resolved once for many requests at a time.
    pub async fn context(&self, signed_in: &SignedIn) -> Result<HeaderValue, RpcError> {
        let made = self
            .contexts
            .try_get_with_by_ref(signed_in, self.resolve(signed_in))
            .await;
        made.map_err(|shared: Arc<RpcError>| match &*shared {
            RpcError::Refused(refusal) => refusal.clone().into(),
            RpcError::Fault(fault) => Fault::new(fault.to_string()).into(),
        })
    }

    /// The context of a caller whose roles have changed since `refused` was signed: nothing older stands in.
    pub async fn renewed(
        &self,
        signed_in: &SignedIn,
        refused: &HeaderValue,
    ) -> Result<HeaderValue, RpcError> {
        // Somebody else may have renewed it already.
        if self.contexts.get(signed_in).await.as_ref() == Some(refused) {
            self.roles.invalidate(&signed_in.subject).await;
            self.contexts.invalidate(signed_in).await;
        }
        self.context(signed_in).await
    }

    async fn resolve(&self, signed_in: &SignedIn) -> Result<HeaderValue, RpcError> {
        let roles = self.roles_of(&signed_in.subject).await?;
        let caller = Caller {
            standing: Standing::Person,
            subject: signed_in.subject.clone(),
            session: signed_in.session.clone(),
            level: if signed_in.two_factors {
                Level::Two
            } else {
                Level::One
            },
            grants: roles.grants,
            epoch: roles.epoch,
        };
        let context = self
            .issuer
            .sign(&caller)
            .map_err(|e| Fault::from("signing a caller context", e))?;
        HeaderValue::try_from(context).map_err(|e| Fault::from("a context that is no header", e).into())
    }

    async fn roles_of(&self, subject: &str) -> Result<Roles, RpcError> {
        let kept = self.roles.get(subject).await;
        let asked = peers::organization::resolve_caller(self.organization.clone(), subject);
        let answer = match kept {
            None => asked.await,
            Some(_) => tokio::time::timeout(PATIENCE, asked)
                .await
                .unwrap_or_else(|_| Err(runtime::admission::late().into())),
        };
        match (answer, kept) {
            (Ok(answer), _) => {
                let roles = Roles {
                    grants: answer.grants.iter().filter_map(grant).collect(),
                    epoch: answer.epoch,
                };
                self.roles.insert(subject.to_owned(), roles.clone()).await;
                Ok(roles)
            }
            (Err(error), Some(kept)) => {
                tracing::warn!(%error, "organization does not say who may what, what it said before stands in");
                Ok(kept)
            }
            (Err(error), None) => Err(error),
        }
    }
}

fn bearer(given: &HeaderValue) -> Option<&str> {
    let (scheme, token) = given.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn not_bearer() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "TOKEN_INVALID",
        "登录凭据的格式不对，应为 Bearer 令牌。",
    )
}

fn grant(given: &proto::organization::v1::Grant) -> Option<Grant> {
    Some(Grant {
        role: Role::from_code(&given.role)?,
        organization: given.organization_id.parse().ok()?,
        until: if given.until.is_empty() {
            None
        } else {
            Some(given.until.parse().ok()?)
        },
    })
}

#[cfg(test)]
mod tests;
