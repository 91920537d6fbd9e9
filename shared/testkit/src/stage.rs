//! A service's stage in this process: a private database, a desk, a driven clock, and people who call.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use access::{Caller, Gate, Grant, Issuer, Level, Node, Scopes, Standing, Stood, Verifier, context::HEADER};
use kernel::{
    Clock, Day, Instant, OrganizationKind, Role,
    day::start_of,
    id::{OrganizationId, PersonId},
};
use runtime::desk::Desk;
use sea_orm_migration::MigrationTrait;
use seal::Keyring;
use storage::Store;
use tonic::{Request, metadata::MetadataValue};
use wire::Pages;

use crate::database::{Database, keys};

/// The business time at which every stage begins: 1 June 2025, eight in the morning in Beijing.
#[must_use]
pub fn beginning() -> Instant {
    start_of(day("2025-06-01")) + chrono::Duration::hours(8)
}

/// A day.
///
/// # Panics
/// When the text is none.
#[must_use]
pub fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// What a service under test stands on.
pub struct Stage {
    /// Its database.
    pub store: Store,
    /// Its desk.
    pub desk: Desk,
    /// Its clock.
    pub clock: Clock,
    /// Page tokens.
    pub pages: Pages,
    /// The keys.
    pub keys: Arc<Keyring>,
    /// Verifies contexts; epochs can be raised on it.
    pub verifier: Verifier,
}

impl Stage {
    /// The stage of a service on a private database.
    pub async fn open(
        database: &Database,
        service: &'static str,
        migrations: fn() -> Vec<Box<dyn MigrationTrait>>,
    ) -> Self {
        let store = database.open(service, migrations).await;
        Self::on(store)
    }

    /// The stage of one more replica on the same database.
    pub async fn replica(
        database: &Database,
        service: &'static str,
        migrations: fn() -> Vec<Box<dyn MigrationTrait>>,
    ) -> Self {
        Self::on(database.replica(service, migrations).await)
    }

    fn on(store: Store) -> Self {
        let keys = keys();
        let clock = Clock::driven(beginning());
        let verifier = Verifier::new(keys.clone());
        let gate = Gate::new(store.scopes().clone());
        let desk = Desk::new(gate, verifier.clone(), store.clone(), clock.clone());
        Self {
            store,
            desk,
            clock,
            pages: Pages::new(keys.clone()),
            keys,
            verifier,
        }
    }

    /// Makes organizations known, as organization's feed would.
    ///
    /// # Panics
    /// When the database does not take them.
    pub async fn learn(&self, nodes: impl IntoIterator<Item = Node>) {
        let tx = self.store.work("stage").await.expect("a unit of work");
        for node in nodes {
            tx.learn(node);
        }
        tx.commit(()).await.expect("commit");
    }

    /// What the audit trail says of each call of an RPC, the first first.
    ///
    /// # Panics
    /// When the trail cannot be read.
    pub async fn audited(&self, rpc: &str) -> Vec<String> {
        storage::feed::advance(&self.store).await.expect("sequenced");
        let links = storage::audit::read(&self.store, None).await.expect("the trail");
        let of = |entry: &storage::audit::entry::Entry| entry.method.ends_with(&format!("/{rpc}"));
        let entries = links.into_iter().map(|link| link.entry);
        entries.filter(of).map(|entry| entry.result).collect()
    }

    /// The tree in memory.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        self.store.scopes()
    }
}

/// An organization below others, founded in 2000; its parents' ids from the root in front of its own.
///
/// # Panics
/// When the path is empty.
#[must_use]
pub fn node(path: &[OrganizationId], kind: OrganizationKind) -> Node {
    Node {
        id: *path.last().expect("a path"),
        path: path.iter().flat_map(|id| id.bytes()).collect(),
        kind,
        level: (kind == OrganizationKind::LocalCommittee).then_some(kernel::Level::County),
        domain: kind.is_branch().then_some(kernel::Domain::Rural),
        founded_on: day("2000-01-01"),
        dissolved_on: None,
        earlier: Arc::default(),
    }
}

/// The same organization as it is from a day on; until then it was as it is given.
///
/// # Panics
/// When the day is none.
#[must_use]
pub fn since(on: &str, was: &Node, now: Node) -> Node {
    let stood = Stood {
        until: day(on),
        path: was.path.clone(),
        kind: was.kind,
        level: was.level,
        domain: was.domain,
    };
    Node {
        earlier: was.earlier.iter().cloned().chain([stood]).collect(),
        ..now
    }
}

/// Somebody who calls.
#[derive(Clone)]
pub struct Person {
    /// His id.
    pub id: PersonId,
    context: Arc<Context>,
}

/// What a person is known by, signed again before it is over: a test may last longer on a busy machine.
struct Context {
    sign: Box<dyn Fn() -> String + Send + Sync>,
    signed: Mutex<(std::time::Instant, String)>,
}

/// Less than the life of a context.
const SIGNED_AGAIN: Duration = Duration::from_secs(20);

impl Context {
    fn new(sign: impl Fn() -> String + Send + Sync + 'static) -> Arc<Self> {
        let signed = Mutex::new((std::time::Instant::now(), sign()));
        let sign = Box::new(sign);
        Arc::new(Self { sign, signed })
    }

    fn header(&self) -> String {
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if signed.0.elapsed() > SIGNED_AGAIN {
            *signed = (std::time::Instant::now(), (self.sign)());
        }
        signed.1.clone()
    }
}

impl Person {
    /// A person with these roles.
    #[must_use]
    pub fn with(roles: &[(Role, OrganizationId)]) -> Self {
        Self::known(PersonId::new(), roles)
    }

    /// A certain person with these roles.
    #[must_use]
    pub fn known(id: PersonId, roles: &[(Role, OrganizationId)]) -> Self {
        Self::signed_in(id, roles, Level::Two)
    }

    /// A person with these roles who signed in with one factor.
    #[must_use]
    pub fn with_one_factor(roles: &[(Role, OrganizationId)]) -> Self {
        Self::signed_in(PersonId::new(), roles, Level::One)
    }

    fn signed_in(id: PersonId, roles: &[(Role, OrganizationId)], level: Level) -> Self {
        let grants = roles.iter().map(|(role, organization)| Grant {
            role: *role,
            organization: *organization,
            until: None,
        });
        let caller = Caller {
            standing: Standing::Person,
            subject: id.to_string(),
            session: "test".into(),
            level,
            grants: grants.collect(),
            epoch: 1,
        };
        let context = Context::new(move || Issuer::new("gateway", keys()).sign(&caller).expect("a context"));
        Self { id, context }
    }

    /// A service acting for itself.
    ///
    /// # Panics
    /// When the test keys do not sign.
    #[must_use]
    pub fn service(name: &str) -> Self {
        let name = name.to_owned();
        Self {
            id: PersonId::new(),
            context: Context::new(move || Issuer::new(&name, keys()).own().expect("a context")),
        }
    }

    /// A request in his name.
    ///
    /// # Panics
    /// When the context is no header.
    #[must_use]
    pub fn asks<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let header = MetadataValue::try_from(self.context.header()).expect("a header");
        request.metadata_mut().insert(HEADER, header);
        request
    }
}

/// The reason code of a refusal; empty when there is none.
#[must_use]
pub fn reason(status: &tonic::Status) -> String {
    use tonic_types::StatusExt;
    status
        .get_error_details()
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}

/// The reason of each wrong field of a refusal.
#[must_use]
pub fn wrongs(status: &tonic::Status) -> Vec<String> {
    use tonic_types::StatusExt;
    let details = status.get_error_details();
    let fields = details.bad_request().map(|bad| bad.field_violations.clone());
    let reason = |description: &str| description.split(':').next().unwrap_or_default().to_owned();
    fields
        .unwrap_or_default()
        .iter()
        .map(|one| reason(&one.description))
        .collect()
}

/// What a refusal tells beside its reason.
#[must_use]
pub fn told(status: &tonic::Status) -> BTreeMap<String, String> {
    use tonic_types::StatusExt;
    let details = status.get_error_details();
    let told = details.error_info().map(|info| info.metadata.clone());
    told.into_iter().flatten().collect()
}

/// A new id in the form of requests.
#[must_use]
pub fn new_id() -> String {
    kernel::id::RecordId::new().to_string()
}
