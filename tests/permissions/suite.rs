//! All services in this process on private databases, and calls of any method in anybody's name.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use access::{Caller, Grant, Issuer, Level, Standing, context::HEADER};
use bytes::{Buf, BufMut};
use kernel::{
    Role,
    id::{OrganizationId, PersonId},
};
use prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor, SerializeOptions};
use runtime::{Host, Link, Mesh, Settings, run::Running, service::Positions, start_local};
use seal::Keyring;
use serde_json::Value;
use testkit::{database::Database, stage::new_id};
use tonic::{
    Request, Response, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::AsciiMetadataValue,
};

/// The services with a database, in the order of their names.
pub(crate) const OWNERS: [&str; 5] = ["activity", "member", "organization", "rating", "resource"];
/// The business day on which everything happens.
pub(crate) const TODAY: &str = "2026-02-02";
/// What travels is known everywhere within this time.
const SETTLES: Duration = Duration::from_secs(60);
/// A context is good for a minute.
const CONTEXT_LIFE: Duration = Duration::from_secs(25);

/// The suite.
pub(crate) struct Suite {
    pub(crate) keys: Arc<Keyring>,
    /// Where health, reflection and the clock are.
    pub(crate) admin: std::net::SocketAddr,
    /// What each service offers.
    pub(crate) registered: Vec<(&'static str, Vec<&'static str>)>,
    mesh: Mesh,
    positions: Vec<Positions>,
    _host: Host,
    _running: Running,
    _folder: tempfile::TempDir,
}

async fn settings(folder: &std::path::Path, database: &Database) -> Settings {
    let mut environment = vec![
        ("ZHIBU_SHARED__DATA".to_owned(), folder.display().to_string()),
        ("ZHIBU_SHARED__DURABILITY".to_owned(), "test".to_owned()),
        ("ZHIBU_SHARED__LOG__LEVEL".to_owned(), "off".to_owned()),
        ("ZHIBU_SHARED__CLOCK".to_owned(), "driven".to_owned()),
        (
            "ZHIBU_SHARED__CLOCK_START".to_owned(),
            format!("{TODAY}T01:00:00Z"),
        ),
        ("ZHIBU_GATEWAY__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("ZHIBU_GATEWAY__ADMIN_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
    ];
    if database.is_postgres() {
        let url = database.url().await;
        let keys = OWNERS.map(|name| format!("ZHIBU_{}__DATABASE__URL", name.to_uppercase()));
        environment.extend(keys.map(|key| (key, url.clone())));
    }
    let services = [
        (activity::NAME, activity::SETTINGS),
        (member::NAME, member::SETTINGS),
        (organization::NAME, organization::SETTINGS),
        (rating::NAME, rating::SETTINGS),
        (resource::NAME, resource::SETTINGS),
        (gateway::NAME, gateway::SETTINGS),
    ];
    Settings::load(None, &services, environment).expect("settings")
}

impl Suite {
    pub(crate) async fn start(database: &Database) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(folder.path(), database).await;
        let host = Host::open("permissions", &settings, &OWNERS)
            .await
            .expect("a host");
        let all = OWNERS.into_iter().chain([gateway::NAME]);
        let mesh = Mesh::new(all.clone());
        let (mut services, mut positions, mut registered) = (Vec::new(), Vec::new(), Vec::new());
        for name in all {
            let own = settings.service(name).expect("settings").clone();
            let parts = host.parts_with(&own, mesh.links(&host.issuer(name)));
            let started = match name {
                "activity" => activity::start(parts).await,
                "member" => member::start(parts).await,
                "organization" => organization::start(parts).await,
                "rating" => rating::start(parts).await,
                "resource" => resource::start(parts).await,
                _ => gateway::start(parts).await,
            };
            let service = started.expect("a service");
            positions.extend(service.feed_positions());
            registered.push((name, service.registered().to_vec()));
            services.push((service, own));
        }
        let running = start_local(&host, services, &mesh).await.expect("it runs");
        Self {
            keys: host.keys.clone(),
            admin: running.admin,
            registered,
            mesh,
            positions,
            _host: host,
            _running: running,
            _folder: folder,
        }
    }

    /// A link to a service that says nothing of its own accord.
    pub(crate) fn link(&self, service: &str) -> Link {
        let links = self.mesh.links(&Issuer::new("zhibu", self.keys.clone()));
        links.link(service).in_no_own_name()
    }

    /// Waits until every service has read all that the others have told.
    pub(crate) async fn settle(&self) {
        let settled = async {
            let mut before = Vec::new();
            loop {
                let mut now = Vec::new();
                for positions in &self.positions {
                    now.push(positions().await.expect("positions"));
                }
                let heads: BTreeMap<&str, u64> =
                    OWNERS.into_iter().zip(now.iter().map(|one| one.head)).collect();
                let read = |(source, cursor): (&String, &u64)| heads.get(source.as_str()) == Some(cursor);
                let settled = now
                    .iter()
                    .all(|one| one.pending == 0 && one.cursors.iter().all(read));
                if settled && now == before {
                    return;
                }
                before = now;
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(SETTLES, settled)
            .await
            .expect("feeds settle");
    }

    /// Asks a service in somebody's name, in JSON.
    pub(crate) async fn tell(
        &self,
        who: &Person,
        service: &str,
        path: &str,
        body: Value,
    ) -> Result<Value, Status> {
        let method = method(path);
        let message = DynamicMessage::deserialize(method.input(), body.clone())
            .unwrap_or_else(|error| panic!("{path}: {error}: {body}"));
        let mut request = Request::new(message.encode_to_vec());
        request.metadata_mut().insert(HEADER, who.context());
        let answer = call(self.link(service), path, request).await?.into_inner();
        let answer =
            DynamicMessage::decode(method.output(), answer.as_slice()).expect("an answer of the contract");
        let options = SerializeOptions::new();
        let written = answer.serialize_with_options(serde_json::value::Serializer, &options);
        Ok(written.expect("JSON"))
    }

    /// The same, where it must succeed.
    pub(crate) async fn done(&self, who: &Person, service: &str, path: &str, body: Value) -> Value {
        let answer = self.tell(who, service, path, body.clone()).await;
        let answer =
            answer.unwrap_or_else(|status| panic!("{path}: {}: {status:?}\n{body}", reason(&status)));
        let errors = &answer["result"]["errors"];
        assert!(errors.as_array().is_none_or(Vec::is_empty), "{path}: {errors}");
        answer
    }

    /// Somebody with these roles.
    pub(crate) fn person(&self, roles: &[(Role, OrganizationId)]) -> Person {
        let grants = roles.iter().map(|(role, organization)| Grant {
            role: *role,
            organization: *organization,
            until: None,
        });
        self.holding(grants.collect())
    }

    /// Somebody who holds this.
    pub(crate) fn holding(&self, grants: Vec<Grant>) -> Person {
        let caller = Caller {
            standing: Standing::Person,
            subject: PersonId::new().to_string(),
            session: "permissions".into(),
            level: Level::Two,
            grants,
            epoch: 1,
        };
        Person {
            caller,
            issuer: Issuer::new(gateway::NAME, self.keys.clone()),
            kept: Arc::default(),
        }
    }
}

/// Somebody as the gateway presents him. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) caller: Caller,
    issuer: Issuer,
    kept: Arc<Mutex<Option<(AsciiMetadataValue, Instant)>>>,
}

impl Person {
    /// The same person, signed in with one factor.
    pub(crate) fn with_one_factor(self) -> Self {
        let caller = Caller {
            level: Level::One,
            ..self.caller
        };
        Self {
            caller,
            kept: Arc::default(),
            ..self
        }
    }

    /// His context, signed anew in time.
    pub(crate) fn context(&self) -> AsciiMetadataValue {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((context, since)) = &*kept
            && since.elapsed() < CONTEXT_LIFE
        {
            return context.clone();
        }
        let signed = self.issuer.sign(&self.caller).expect("signed");
        let context = AsciiMetadataValue::try_from(signed).expect("a header");
        *kept = Some((context.clone(), Instant::now()));
        context
    }
}

/// Every method of the suite's contract.
pub(crate) fn methods() -> Vec<MethodDescriptor> {
    let services = proto::DESCRIPTORS.services();
    let ours = services.filter(|service| service.full_name().starts_with("zhibu."));
    ours.flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect()
}

/// `/package.Service/Method`.
pub(crate) fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// The method of a path.
pub(crate) fn method(wanted: &str) -> MethodDescriptor {
    let mut all = methods().into_iter();
    all.find(|method| path(method) == wanted)
        .unwrap_or_else(|| panic!("{wanted} is not in the contract"))
}

/// The services that serve a method: its owner, or every one that serves the shared contract.
pub(crate) fn servers(path: &str) -> Vec<&'static str> {
    match path.split('.').nth(1).unwrap_or_default() {
        "process" => vec!["organization", "rating", "resource"],
        "audit" | "feed" | "indicator" => OWNERS.to_vec(),
        "gateway" => vec![gateway::NAME],
        own => OWNERS.into_iter().filter(|name| *name == own).collect(),
    }
}

/// Calls a method, its message as it is. Of a stream it reads the head.
pub(crate) async fn call<S>(to: S, path: &str, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Status>
where
    S: tonic::client::GrpcService<tonic::body::Body>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    if !method(path).is_server_streaming() {
        return call_at(to, path, request).await;
    }
    let mut client = Grpc::new(to);
    client
        .ready()
        .await
        .map_err(|error| Status::from_error(error.into()))?;
    let path = path.parse().expect("a path");
    let answer = client.server_streaming(request, path, Bytes).await?;
    let (metadata, _, extensions) = answer.into_parts();
    Ok(Response::from_parts(metadata, Vec::new(), extensions))
}

/// Calls whatever stands at a path.
pub(crate) async fn call_at<S>(
    to: S,
    path: &str,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, Status>
where
    S: tonic::client::GrpcService<tonic::body::Body>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let mut client = Grpc::new(to);
    client
        .ready()
        .await
        .map_err(|error| Status::from_error(error.into()))?;
    client.unary(request, path.parse().expect("a path"), Bytes).await
}

/// Messages as they are.
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

/// The reason code of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    testkit::stage::reason(status)
}

/// A new id.
pub(crate) fn fresh() -> String {
    new_id()
}
