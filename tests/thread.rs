//! One thread through everything: an organization is imported and read through the gateway, in one process over
//! real sockets, in gRPC, gRPC-Web and JSON, on SQLite and on Postgres.

use std::{path::Path, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use gateway::tokens::BuiltIn;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use kernel::id::{OrganizationId, PersonId};
use prost::Message;
use proto::{
    kernel::v1::ExternalId,
    organization::v1::{
        FoundRootRequest, GetOrganizationRequest, GetOrganizationResponse, ImportOrganizationsRequest, Level,
        OrganizationKind, OrganizationRow, organization_service_client::OrganizationServiceClient,
    },
};
use runtime::{Host, Mesh, Settings, run::Running, start_local};
use serde_json::{Value, json};
use testkit::{database::Database, stage::new_id};
use tonic::{metadata::MetadataValue, transport::Channel};

/// Organization and gateway in this process.
struct Suite {
    address: String,
    root: OrganizationId,
    token: String,
    _running: Running,
    _folder: tempfile::TempDir,
}

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
    async fn start(database: &Database) -> Self {
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

        let org_dept = PersonId::new();
        let link = mesh.links(&host.issuer("zhibu")).link("organization");
        let founding = FoundRootRequest {
            name: "演示县委".into(),
            level: Level::County.into(),
            founded_on: "2000-01-01".into(),
            external_id: Some(external("root")),
            security_subject: new_id(),
            org_dept_subject: org_dept.to_string(),
        };
        let root = OrganizationServiceClient::new(link)
            .found_root(founding)
            .await
            .expect("a root")
            .into_inner();
        let root = root.organization.expect("a root").id.parse().expect("an id");
        let issuer = BuiltIn::open(&folder.path().join("keys")).expect("the issuer");
        let token = issuer
            .token(&org_dept.to_string(), Duration::from_secs(600), true)
            .expect("a token");
        std::mem::forget(host);
        Self {
            address,
            root,
            token,
            _running: running,
            _folder: folder,
        }
    }

    async fn grpc(&self) -> OrganizationServiceClient<Channel> {
        let channel = Channel::from_shared(format!("http://{}", self.address)).expect("an address");
        OrganizationServiceClient::new(channel.connect().await.expect("a connection"))
    }

    fn asks<M>(&self, message: M) -> tonic::Request<M> {
        let mut request = tonic::Request::new(message);
        let bearer = MetadataValue::try_from(format!("Bearer {}", self.token)).expect("a header");
        request.metadata_mut().insert("authorization", bearer);
        request
    }

    async fn http(
        &self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> (StatusCode, Response<()>, Bytes) {
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let request = request.header("authorization", format!("Bearer {}", self.token));
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

    async fn json(&self, method: &str, body: Value) -> (StatusCode, Value) {
        let uri = format!("http://{}/zhibu.{method}", self.address);
        let request = Request::post(uri).header("content-type", "application/json");
        let (status, _, body) = self.http(request, body.to_string()).await;
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    fn import(&self, rows: &[(&str, &str)]) -> ImportOrganizationsRequest {
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

fn external(value: &str) -> ExternalId {
    ExternalId {
        system: "test".into(),
        value: value.into(),
    }
}

const GET: &str = "organization.v1.OrganizationService/GetOrganization";

testkit::on_both! {
    async fn an_import_over_grpc_is_read_in_every_dialect(database: Database) {
        let suite = Suite::start(&database).await;
        let mut grpc = suite.grpc().await;
        let imported = grpc.import_organizations(suite.asks(suite.import(&[("town", "root")]))).await.expect("imported");
        assert_eq!(imported.into_inner().result.map(|r| (r.created, r.errors.len())), Some((1, 0)));

        let asked = GetOrganizationRequest { organization_id: suite.root.to_string(), ..Default::default() };
        let read = grpc.get_organization(suite.asks(asked.clone())).await.expect("read over gRPC").into_inner();
        let root = read.organization.clone().expect("the root");
        assert_eq!((root.name.as_str(), root.path.len()), ("演示县委", 1));

        let (status, json) = suite.json(GET, json!({ "organizationId": suite.root.to_string() })).await;
        assert_eq!((status, &json["organization"]["name"]), (StatusCode::OK, &json!("演示县委")), "{json}");

        let framed = gateway::frame::frame(&asked.encode_to_vec());
        let web = Request::post(format!("http://{}/zhibu.{GET}", suite.address))
            .header("content-type", "application/grpc-web+proto");
        let (status, _, body) = suite.http(web, framed).await;
        assert_eq!(status, StatusCode::OK);
        let mut messages = gateway::frame::Messages::default();
        messages.push(&body);
        let message = messages.next_whole().expect("small").expect("a message");
        assert_eq!(GetOrganizationResponse::decode(message).expect("decoded"), read);
        assert!(String::from_utf8_lossy(&body).contains("grpc-status:0"), "trailers in the body");

        let query = format!("encoding=json&base64=1&message={}", URL_SAFE_NO_PAD.encode(
            json!({ "organizationId": suite.root.to_string() }).to_string()));
        let get = Request::get(format!("http://{}/zhibu.{GET}?{query}", suite.address));
        let (status, _, body) = suite.http(get, "").await;
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    }

    async fn refusals_are_written_in_the_caller_s_dialect(database: Database) {
        let suite = Suite::start(&database).await;
        let stranger = json!({ "organizationId": OrganizationId::new().to_string() });
        let (status, error) = suite.json(GET, stranger).await;
        assert_eq!((status, &error["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
        assert_eq!(error["details"][0]["type"], "google.rpc.ErrorInfo");

        for (body, code) in [
            (json!({ "organizationId": 7 }), "invalid_argument"),
            (json!({ "boss": "x" }), "invalid_argument"),
            (json!({ "organizationId": suite.root.to_string(), "asOf": "2025-02-31x" }), "invalid_argument"),
        ] {
            let (_, error) = suite.json(GET, body.clone()).await;
            assert_eq!(error["code"], code, "{body}: {error}");
        }
        for hidden in ["organization.v1.OrganizationService/FoundRoot", "feed.v1.FeedService/Watch", "none.v1.No/No"] {
            let (_, error) = suite.json(hidden, json!({})).await;
            assert_eq!(error["code"], "unimplemented", "{hidden}");
        }
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        for token in ["", "Bearer x.y.z", "Basic abc"] {
            let request = Request::post(format!("http://{}/zhibu.{GET}", suite.address))
                .header("content-type", "application/json")
                .header("authorization", token)
                .body(Full::new(Bytes::from(json!({ "organizationId": suite.root.to_string() }).to_string())));
            let response = client.request(request.expect("a request")).await.expect("an answer");
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{token}");
        }
        let big = Bytes::from(vec![b' '; 300 * 1024]);
        let request = Request::post(format!("http://{}/zhibu.{GET}", suite.address)).header("content-type", "application/json");
        let (status, _, _) = suite.http(request, big).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "resource_exhausted: over the body limit");
    }

    async fn the_same_request_sent_again_gets_the_same_answer(database: Database) {
        let suite = Suite::start(&database).await;
        let mut grpc = suite.grpc().await;
        let import = suite.import(&[("a", "root"), ("b", "a"), ("c", "nowhere")]);
        let first = grpc.import_organizations(suite.asks(import.clone())).await.expect("first").into_inner();
        let again = grpc.import_organizations(suite.asks(import)).await.expect("again").into_inner();
        assert_eq!(first, again);
        assert_eq!(first.result.map(|r| (r.created, r.errors.len())), Some((2, 1)));
    }
}
