//! The three dialects of the gateway, and refusals in each.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use kernel::id::OrganizationId;
use prost::Message;
use proto::organization::v1::{GetOrganizationRequest, GetOrganizationResponse};
use serde_json::json;
use testkit::database::Database;

use crate::suite::Suite;

const GET: &str = "organization.v1.OrganizationService/GetOrganization";

testkit::on_both! {
    async fn an_import_over_grpc_is_read_in_every_dialect(database: Database) {
        let suite = Suite::here(&database).await;
        let mut grpc = suite.grpc();
        let imported = grpc.import_organizations(suite.asks(suite.import(&[("town", "root")]))).await.expect("imported");
        assert_eq!(imported.into_inner().result.map(|r| (r.created, r.errors.len())), Some((1, 0)));

        let asked = GetOrganizationRequest { organization_id: suite.root.to_string(), ..Default::default() };
        let read = grpc.get_organization(suite.asks(asked.clone())).await.expect("read over gRPC").into_inner();
        let root = read.organization.clone().expect("the root");
        assert_eq!((root.name.as_str(), root.path.len()), ("演示县委", 1));

        let (status, json) = suite.json(GET, json!({ "organizationId": suite.root.to_string() })).await;
        assert_eq!((status, &json["organization"]["name"]), (StatusCode::OK, &json!("演示县委")), "{json}");

        let framed = gateway::frame::frame(&asked.encode_to_vec());
        let web = Request::post(suite.url(&format!("/zhibu.{GET}")))
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
        let get = Request::get(suite.url(&format!("/zhibu.{GET}?{query}")));
        let (status, _, body) = suite.http(get, "").await;
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    }

    async fn refusals_are_written_in_the_caller_s_dialect(database: Database) {
        let suite = Suite::here(&database).await;
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
            let request = Request::post(suite.url(&format!("/zhibu.{GET}")))
                .header("content-type", "application/json")
                .header("authorization", token)
                .body(Full::new(Bytes::from(json!({ "organizationId": suite.root.to_string() }).to_string())));
            let response = client.request(request.expect("a request")).await.expect("an answer");
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{token}");
        }
        let big = Bytes::from(vec![b' '; 300 * 1024]);
        let request = Request::post(suite.url(&format!("/zhibu.{GET}"))).header("content-type", "application/json");
        let (status, _, _) = suite.http(request, big).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "resource_exhausted: over the body limit");
    }
}
