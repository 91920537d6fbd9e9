//! The gateway at a real socket, with the five services faked behind its links, and people who call.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use access::Verifier;
use bytes::Bytes;
use gateway::tokens::BuiltIn;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use kernel::{
    OrganizationKind, Role,
    id::{OrganizationId, PersonId},
};
use proto::gateway::v1::gateway_service_client::GatewayServiceClient;
use runtime::{Host, Link, Links, Mesh, Settings, run::Running, start_local};
use seal::Keyring;
use serde_json::Value;
use tempfile::TempDir;
use testkit::stage::node;
use tonic::{Status, metadata::MetadataValue, transport::Channel};

use crate::services::Services;

pub(crate) const SERVICES: [&str; 5] = ["organization", "member", "activity", "rating", "resource"];

/// One set of keys for all tests, since making SM2 keys takes time; the sign-in key lies among them.
static KEYS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    Keyring::create(folder.path()).expect("keys");
    folder
});

/// The key folder.
pub(crate) fn keys() -> &'static std::path::Path {
    KEYS.path()
}

/// The gateway and everything around it; ends with the test.
pub(crate) struct World {
    pub(crate) services: Services,
    pub(crate) address: String,
    pub(crate) county: OrganizationId,
    pub(crate) branch: OrganizationId,
    host: Host,
    running: Running,
}

/// Somebody with a token.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Person {
    pub(crate) fn new(two_factors: bool) -> Self {
        let id = PersonId::new().to_string();
        let issuer = BuiltIn::open(keys()).expect("the issuer");
        let token = issuer
            .token(&id, Duration::from_secs(600), two_factors)
            .expect("a token");
        Self { id, token }
    }

    /// His `authorization` header.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// A request in his name.
    pub(crate) fn asks<M>(&self, message: M) -> tonic::Request<M> {
        let mut request = tonic::Request::new(message);
        let bearer = MetadataValue::try_from(self.bearer()).expect("a header");
        request.metadata_mut().insert("authorization", bearer);
        request
    }
}

pub(crate) fn settings(more: &[(&str, &str)]) -> Settings {
    let own = [
        ("ZHIBU_SHARED__KEYS", keys().to_str().expect("a path")),
        ("ZHIBU_GATEWAY__LISTEN", "127.0.0.1:0"),
        ("ZHIBU_GATEWAY__ADMIN_LISTEN", "127.0.0.1:0"),
        ("ZHIBU_SHARED__DRAIN_SECONDS", "1"),
        ("ZHIBU_SHARED__LOG__LEVEL", "off"),
    ];
    let environment = own.iter().chain(more);
    let environment = environment.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Settings::load(None, &[(gateway::NAME, gateway::SETTINGS)], environment).expect("settings")
}

impl World {
    /// A county with one branch, known to organization and to the gateway.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with settings of the gateway.
    pub(crate) async fn with(more: &[(&str, &str)]) -> Self {
        let keys = Arc::new(Keyring::load(keys()).expect("the keys"));
        let services = Services::new(Verifier::new(keys));
        let (county, branch) = (OrganizationId::new(), OrganizationId::new());
        services.found(&node(&[county], OrganizationKind::LocalCommittee));
        services.found(&node(&[county, branch], OrganizationKind::Branch));
        let behind = services.clone();
        let (host, running) = open(more, move |issuer| {
            Links::of(SERVICES.map(|service| behind.link(service, issuer)))
        })
        .await;
        let address = running.addresses.first().expect("it listens").to_string();
        Self {
            address,
            services,
            county,
            branch,
            host,
            running,
        }
    }

    /// Ends the gateway in order.
    pub(crate) async fn stop(self) {
        self.host.stop.cancel();
        self.running.until_stopped().await;
        self.host.close().await;
    }

    /// Somebody with a role at the county.
    pub(crate) fn clerk(&self) -> Person {
        self.somebody(&[(Role::OrgDept, self.county)])
    }

    /// Somebody with these roles.
    pub(crate) fn somebody(&self, roles: &[(Role, OrganizationId)]) -> Person {
        let person = Person::new(true);
        self.services.grant(&person.id, roles, false);
        person
    }

    /// A connection to the door.
    pub(crate) async fn channel(&self) -> Channel {
        let channel = Channel::from_shared(format!("http://{}", self.address)).expect("an address");
        channel.connect().await.expect("a connection")
    }

    /// The gateway's own RPCs over gRPC.
    pub(crate) async fn gateway(&self) -> GatewayServiceClient<Channel> {
        GatewayServiceClient::new(self.channel().await)
    }

    /// One HTTP/1.1 request to the door, as it stands here.
    pub(crate) async fn http(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        Answer::of(client.request(request).await.expect("an answer")).await
    }

    /// One HTTP/2 request to the door, such as gRPC's; trailers stand among the headers of the answer.
    pub(crate) async fn http2(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        let mut request = Request::post(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        Answer::of(client.request(request).await.expect("an answer")).await
    }

    /// One JSON call of a person, or of nobody.
    pub(crate) async fn json(&self, who: Option<&Person>, path: &str, body: impl ToString) -> Answer {
        let bearer = who.map(Person::bearer);
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        self.http(Method::POST, path, &headers, body.to_string()).await
    }
}

/// The gateway in this process, with these links; ready.
pub(crate) async fn open(
    more: &[(&str, &str)],
    links: impl FnOnce(&access::Issuer) -> Links,
) -> (Host, Running) {
    let settings = settings(more);
    let own = settings.service(gateway::NAME).expect("settings").clone();
    let host = Host::open("gateway", &settings, &[]).await.expect("a host");
    let parts = host.parts_with(&own, links(&host.issuer(gateway::NAME)));
    let service = gateway::start(parts).await.expect("a gateway");
    let mut ready = service.readiness();
    let mesh = Mesh::new([gateway::NAME]);
    let running = start_local(&host, vec![(service, own)], &mesh)
        .await
        .expect("it runs");
    ready.wait_for(|ready| *ready).await.expect("it becomes ready");
    (host, running)
}

/// A link to nobody.
pub(crate) fn nobody(service: &str) -> Link {
    Link::local(service, Arc::default(), None)
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn of(response: http::Response<hyper::body::Incoming>) -> Self {
        let (mut head, body) = response.into_parts();
        let body = body.collect().await.expect("a body");
        head.headers.extend(body.trailers().cloned().unwrap_or_default());
        Self {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a text"))
    }

    /// The status in the headers or trailers, as gRPC says it.
    pub(crate) fn grpc(&self) -> Status {
        Status::from_header_map(&self.headers).unwrap_or_else(|| panic!("no status: {self:?}"))
    }

    /// The reason in the ErrorInfo of a Connect error.
    pub(crate) fn reason(&self) -> String {
        reason_in(&self.json())
    }
}

/// The reason in the ErrorInfo of an error as Connect writes it.
pub(crate) fn reason_in(error: &Value) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    use prost::Message;
    let details = error["details"].as_array().expect("details").iter();
    let info = details
        .filter(|detail| detail["type"] == "google.rpc.ErrorInfo")
        .map(|detail| {
            STANDARD_NO_PAD
                .decode(detail["value"].as_str().expect("a value"))
                .expect("base64")
        });
    let info: Vec<_> = info.collect();
    assert_eq!(info.len(), 1, "{error}");
    let read = tonic_types::pb::ErrorInfo::decode(info[0].as_slice()).expect("an ErrorInfo");
    assert_eq!(read.domain, "zhibu");
    read.reason
}

/// Whether a text has Chinese in it.
pub(crate) fn is_chinese(text: &str) -> bool {
    text.chars()
        .any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}
