//! Who calls: a token is verified, its subject's roles are resolved once and signed into a caller context that
//! the services believe for a minute.

use std::{sync::Arc, time::Duration};

use access::{Caller, Grant, Issuer, Level, Standing};
use http::{HeaderMap, HeaderValue, header};
use kernel::{Fault, Kind, Refusal, Role, RpcError};
use moka::future::Cache;

use crate::{app::App, peers, tokens::Tokens};

/// How long resolved roles are believed without looking again.
const FRESH: Duration = Duration::from_secs(5);
const REMEMBERED: u64 = 100_000;

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

/// Verifies tokens and keeps caller contexts.
#[derive(Clone)]
pub struct Callers {
    tokens: Arc<Tokens>,
    issuer: Issuer,
    contexts: Cache<SignedIn, HeaderValue>,
}

impl Callers {
    /// Callers whose tokens are verified by `tokens` and whose contexts are signed by `issuer`.
    #[must_use]
    pub fn new(tokens: Tokens, issuer: Issuer) -> Self {
        let contexts = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(FRESH)
            .build();
        Self {
            tokens: Arc::new(tokens),
            issuer,
            contexts,
        }
    }

    /// Who the request's token names; nobody when there is none.
    /// Refuses with `TOKEN_INVALID` or `TOKEN_EXPIRED`.
    pub fn sign_in(&self, headers: &HeaderMap) -> Result<Option<SignedIn>, Refusal> {
        let Some(given) = headers.get(header::AUTHORIZATION) else {
            return Ok(None);
        };
        let bearer = given.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        let token = bearer.ok_or_else(|| {
            Refusal::new(
                Kind::Unauthenticated,
                "TOKEN_INVALID",
                "登录凭据的格式不对，应为 Bearer 令牌。",
            )
        })?;
        self.tokens.verify(token).map(Some)
    }

    /// The signed context of a caller, resolved once for many requests at a time.
    pub async fn context(&self, app: &App, signed_in: &SignedIn) -> Result<HeaderValue, RpcError> {
        let made = self
            .contexts
            .try_get_with_by_ref(signed_in, self.resolve(app, signed_in))
            .await;
        made.map_err(|shared: Arc<RpcError>| match &*shared {
            RpcError::Refused(refusal) => refusal.clone().into(),
            RpcError::Fault(fault) => Fault::new(fault.to_string()).into(),
        })
    }

    /// Resolves the caller's roles anew at the next request.
    pub fn forget(&self, signed_in: Option<&SignedIn>) {
        if let Some(signed_in) = signed_in {
            let contexts = self.contexts.clone();
            let signed_in = signed_in.clone();
            tokio::spawn(async move { contexts.invalidate(&signed_in).await });
        }
    }

    async fn resolve(&self, app: &App, signed_in: &SignedIn) -> Result<HeaderValue, RpcError> {
        let link = app
            .links
            .get("organization")
            .ok_or_else(|| Fault::new("no link to organization"))?;
        let answer = peers::organization::resolve_caller(link, &signed_in.subject).await?;
        let caller = Caller {
            standing: Standing::Person,
            subject: signed_in.subject.clone(),
            session: signed_in.session.clone(),
            level: if signed_in.two_factors {
                Level::Two
            } else {
                Level::One
            },
            grants: answer.grants.iter().filter_map(grant).collect(),
            epoch: answer.epoch,
        };
        let context = self
            .issuer
            .sign(&caller)
            .map_err(|e| Fault::from("signing a caller context", e))?;
        HeaderValue::try_from(context).map_err(|e| Fault::from("a context that is no header", e).into())
    }
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
