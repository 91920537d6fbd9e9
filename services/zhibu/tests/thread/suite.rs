//! Organization and gateway, in this process or as two of their own, and how one speaks to them.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use access::Issuer;
use bytes::Bytes;
use gateway::tokens::BuiltIn;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use kernel::id::{OrganizationId, PersonId};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use proto::{
    gateway::v1::{WhoAmIRequest, gateway_service_client::GatewayServiceClient},
    kernel::v1::ExternalId,
    organization::v1::{
        FoundRootRequest, FoundRootResponse, ImportOrganizationsRequest, Level, OrganizationKind,
        OrganizationRow, organization_service_client::OrganizationServiceClient,
    },
};
use runtime::{Host, Link, Mesh, Settings, run::Running, start_local};
use seal::Keyring;
use serde_json::Value;
use testkit::{database::Database, stage::new_id};
use tonic::{Code, Status, metadata::MetadataValue, transport::Channel};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhibu");
const STARTS_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Who runs the services.
enum Form {
    /// This process.
    Here(Box<(Running, Host)>),
    /// Two processes.
    Processes(Vec<Process>),
}

/// A process that does not outlive its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Organization and gateway, with a root.
pub(crate) struct Suite {
    address: String,
    /// The root.
    pub(crate) root: OrganizationId,
    /// The organization department of the root.
    pub(crate) org_dept: PersonId,
    /// Its administrator of security.
    pub(crate) security: PersonId,
    /// Organization itself, in the name of another service.
    pub(crate) organization: Link,
    tokens: BuiltIn,
    form: Form,
    _folder: tempfile::TempDir,
}

/// The reader of organization's feed whose name is borrowed here.
const READER: &str = "rating";

fn settings(folder: &Path, database: String) -> Settings {
    let environment = [
        ("ZHIBU_SHARED__DATA", folder.display().to_string()),
        ("ZHIBU_SHARED__DURABILITY", "test".to_owned()),
        ("ZHIBU_ORGANIZATION__DATABASE__URL", database),
        ("ZHIBU_GATEWAY__LISTEN", "127.0.0.1:0".to_owned()),
        ("ZHIBU_GATEWAY__ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
    ];
    let services = [
        (organization::NAME, organization::SETTINGS),
        (gateway::NAME, gateway::SETTINGS),
    ];
    let environment = environment.map(|(key, value)| (key.to_owned(), value));
    Settings::load(None, &services, environment).expect("settings")
}

impl Suite {
    /// Both in this process, over real sockets at the gateway.
    pub(crate) async fn here(database: &Database) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(folder.path(), database.url().await);
        let host = Host::open("thread", &settings, &[organization::NAME])
            .await
            .expect("a host");
        let mesh = Mesh::new([organization::NAME]);
        let mut services = Vec::new();
        for name in [organization::NAME, gateway::NAME] {
            let own = settings.service(name).expect("settings").clone();
            let parts = host.parts_with(&own, mesh.links(&host.issuer(name)));
            let service = match name {
                "gateway" => gateway::start(parts).await,
                _ => organization::start(parts).await,
            };
            services.push((service.expect("a service"), own));
        }
        let running = start_local(&host, services, &mesh).await.expect("it runs");
        let address = running
            .addresses
            .first()
            .expect("the gateway listens")
            .to_string();
        let link = |name: &str| mesh.links(&host.issuer(name)).link("organization");
        let (driver, organization) = (link("zhibu"), link(READER));
        Self::founded(
            folder,
            address,
            driver,
            organization,
            Form::Here(Box::new((running, host))),
        )
        .await
    }

    /// Each a process of its own, over real sockets, telling of itself at `collector`.
    pub(crate) async fn processes(database: &Database, collector: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = |arguments: &[&str]| {
            let mut command = Command::new(PROGRAM);
            command.args(arguments).stdin(Stdio::null());
            command
        };
        let made = program(&["keys", "--data"]).arg(folder.path()).output();
        assert!(made.expect("it runs").status.success(), "keys");

        let addresses = free_addresses::<4>();
        let [inside, inside_admin, front, front_admin] = &addresses;
        let environment = [
            (
                "ZHIBU_SHARED__KEYS",
                folder.path().join("keys").display().to_string(),
            ),
            ("ZHIBU_SHARED__DURABILITY", "test".to_owned()),
            ("ZHIBU_SHARED__OTLP__ENDPOINT", collector.to_owned()),
            ("ZHIBU_ORGANIZATION__DATABASE__URL", database.url().await),
            ("ZHIBU_ORGANIZATION__LISTEN", inside.clone()),
            ("ZHIBU_ORGANIZATION__ADMIN_LISTEN", inside_admin.clone()),
            (
                "ZHIBU_ORGANIZATION__PEERS__ORGANIZATION",
                format!("http://{inside}"),
            ),
            ("ZHIBU_GATEWAY__PEERS__ORGANIZATION", format!("http://{inside}")),
            ("ZHIBU_GATEWAY__LISTEN", front.clone()),
            ("ZHIBU_GATEWAY__ADMIN_LISTEN", front_admin.clone()),
        ];
        let migrated = program(&["migrate", organization::NAME])
            .envs(environment.clone())
            .env("ZHIBU_SHARED__DATA", folder.path().join(organization::NAME))
            .output()
            .expect("it runs");
        assert!(
            migrated.status.success(),
            "{}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        let serve = |name: &str| {
            program(&["serve", name])
                .envs(environment.clone())
                .env("ZHIBU_SHARED__DATA", folder.path().join(name))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .map(Process)
                .expect("it runs")
        };
        let children = vec![serve(organization::NAME), serve(gateway::NAME)];

        let keys = Arc::new(Keyring::load(&folder.path().join("keys")).expect("the keys"));
        let uri: http::Uri = format!("http://{inside}").parse().expect("an address");
        let link = |name: &str| {
            let issuer = Issuer::new(name, keys.clone());
            Link::remote(organization::NAME, vec![uri.clone()], Some(issuer))
        };
        let (driver, organization) = (link("zhibu"), link(READER));
        let front = front.clone();
        Self::founded(folder, front, driver, organization, Form::Processes(children)).await
    }

    async fn founded(
        folder: tempfile::TempDir,
        address: String,
        driver: Link,
        organization: Link,
        form: Form,
    ) -> Self {
        let (org_dept, security) = (PersonId::new(), PersonId::new());
        let founding = FoundRootRequest {
            name: "演示县委".into(),
            level: Level::County.into(),
            founded_on: "2000-01-01".into(),
            external_id: Some(external("root")),
            security_subject: security.to_string(),
            org_dept_subject: org_dept.to_string(),
        };
        let root = up(|| {
            let (mut organization, founding) =
                (OrganizationServiceClient::new(driver.clone()), founding.clone());
            async move { organization.found_root(founding).await }
        })
        .await;
        let FoundRootResponse { organization: root } = root;
        let suite = Self {
            address,
            root: root.expect("a root").id.parse().expect("an id"),
            org_dept,
            security,
            organization,
            tokens: BuiltIn::open(&folder.path().join("keys")).expect("the issuer"),
            form,
            _folder: folder,
        };
        let gateway = suite.channel();
        up(|| {
            let (mut gateway, asked) = (
                GatewayServiceClient::new(gateway.clone()),
                suite.asks(WhoAmIRequest {}),
            );
            async move { gateway.who_am_i(asked).await }
        })
        .await;
        suite
    }

    /// Ends it in order, so that everything that it tells has been told.
    pub(crate) async fn stop(self) {
        match self.form {
            Form::Here(both) => {
                let (running, host) = *both;
                host.stop.cancel();
                running.until_stopped().await;
                host.close().await;
            }
            Form::Processes(mut children) => {
                // The front first: nobody asks who has gone.
                for Process(child) in children.iter_mut().rev() {
                    let pid = i32::try_from(child.id()).expect("a process id");
                    kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it runs");
                    assert!(child.wait().expect("it ends").success());
                }
            }
        }
    }

    /// A connection to the gateway.
    pub(crate) fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(self.url("")).expect("an address");
        endpoint.connect_lazy()
    }

    /// Organization through the gateway.
    pub(crate) fn grpc(&self) -> OrganizationServiceClient<Channel> {
        OrganizationServiceClient::new(self.channel())
    }

    /// A path at the gateway.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn token(&self, who: PersonId) -> String {
        let life = Duration::from_secs(600);
        self.tokens.token(&who.to_string(), life, true).expect("a token")
    }

    /// A request of the organization department.
    pub(crate) fn asks<M>(&self, message: M) -> tonic::Request<M> {
        self.asks_as(self.org_dept, message)
    }

    /// A request of a person.
    pub(crate) fn asks_as<M>(&self, who: PersonId, message: M) -> tonic::Request<M> {
        let mut request = tonic::Request::new(message);
        let bearer = MetadataValue::try_from(format!("Bearer {}", self.token(who))).expect("a header");
        request.metadata_mut().insert("authorization", bearer);
        request
    }

    /// What the gateway answers to a request of the organization department.
    pub(crate) async fn http(
        &self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> (StatusCode, Response<()>, Bytes) {
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let request = request.header("authorization", format!("Bearer {}", self.token(self.org_dept)));
        let response = client
            .request(request.body(Full::new(body.into())).expect("a request"))
            .await
            .expect("an answer");
        let (parts, body) = response.into_parts();
        let status = parts.status;
        (
            status,
            Response::from_parts(parts, ()),
            body.collect().await.expect("a body").to_bytes(),
        )
    }

    /// The same in JSON.
    pub(crate) async fn json(&self, method: &str, body: Value) -> (StatusCode, Value) {
        let uri = self.url(&format!("/zhibu.{method}"));
        let request = Request::post(uri).header("content-type", "application/json");
        let (status, _, body) = self.http(request, body.to_string()).await;
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// An import of rows, each with its external id and its parent's.
    pub(crate) fn import(&self, rows: &[(&str, &str)]) -> ImportOrganizationsRequest {
        let row = |(k, (id, parent)): (usize, &(&str, &str))| OrganizationRow {
            line: u32::try_from(k).expect("a line") + 1,
            external_id: Some(external(id)),
            parent: Some(external(parent)),
            name: format!("组织{id}"),
            kind: OrganizationKind::Committee.into(),
            founded_on: "2005-01-01".into(),
            ..Default::default()
        };
        ImportOrganizationsRequest {
            organization_id: self.root.to_string(),
            import_id: new_id(),
            rows: rows.iter().enumerate().map(row).collect(),
            ..Default::default()
        }
    }
}

/// An external id of these tests.
pub(crate) fn external(value: &str) -> ExternalId {
    ExternalId {
        system: "test".into(),
        value: value.into(),
    }
}

/// So many addresses that nobody uses, no two the same.
fn free_addresses<const N: usize>() -> [String; N] {
    let held = [(); N].map(|()| std::net::TcpListener::bind("127.0.0.1:0").expect("a free port"));
    held.map(|listener| listener.local_addr().expect("its address").to_string())
}

/// Asks until the process that answers is up.
async fn up<A, F>(mut ask: impl FnMut() -> F) -> A
where
    F: Future<Output = Result<tonic::Response<A>, Status>>,
{
    let trying = async {
        let mut again = tokio::time::interval(LOOK_EVERY);
        loop {
            again.tick().await;
            match ask().await {
                Ok(answer) => return answer.into_inner(),
                Err(status) if status.code() == Code::Unavailable => {}
                Err(status) => panic!("{status}"),
            }
        }
    };
    tokio::time::timeout(STARTS_WITHIN, trying)
        .await
        .expect("it starts")
}
