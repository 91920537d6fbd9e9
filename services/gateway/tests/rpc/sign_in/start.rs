use runtime::{Host, Links, StartError};

use super::tokens::TestIssuer;
use crate::world::settings;

async fn start(more: &[(&str, &str)]) -> Result<(), StartError> {
    let settings = settings(more);
    let own = settings.service(gateway::NAME).expect("settings").clone();
    let host = Host::open("gateway", &settings, &[]).await.expect("a host");
    gateway::start(host.parts_with(&own, Links::default()))
        .await
        .map(drop)
}

#[tokio::test]
async fn without_an_audience_or_an_issuer_the_gateway_does_not_start_and_names_both() {
    let issuer = TestIssuer::new();
    let file = issuer.file();
    for (audience, name, wrong) in [
        ("", "", vec!["sign_in.audience", "sign_in.issuer"]),
        (" ", "i", vec!["sign_in.audience"]),
        ("a", "", vec!["sign_in.issuer"]),
    ] {
        let more = [
            ("ZHIBU_GATEWAY__SIGN_IN__JWKS", file.as_str()),
            ("ZHIBU_GATEWAY__SIGN_IN__ISSUER", name),
            ("ZHIBU_GATEWAY__SIGN_IN__AUDIENCE", audience),
        ];
        let error = start(&more).await.expect_err("it does not start");
        assert_eq!(error.exit_code(), 78);
        let told = error.to_string();
        assert!(wrong.iter().all(|key| told.contains(key)), "{told}");
    }
}

#[tokio::test]
async fn without_a_key_set_that_can_be_read_the_gateway_does_not_start() {
    let issuer = TestIssuer::new();
    let with = |jwks: String| async move {
        let more = [
            ("ZHIBU_GATEWAY__SIGN_IN__JWKS", jwks.as_str()),
            ("ZHIBU_GATEWAY__SIGN_IN__ISSUER", "i"),
            ("ZHIBU_GATEWAY__SIGN_IN__AUDIENCE", "a"),
        ];
        start(&more).await
    };
    with(issuer.file()).await.expect("it starts");
    let absent = with("/nowhere/jwks.json".into()).await.expect_err("no file");
    assert!(absent.to_string().contains("/nowhere/jwks.json"), "{absent}");
    for text in [
        "",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","k":"AAAA","kid":"1"}]}"#,
    ] {
        std::fs::write(issuer.file(), text).expect("written");
        with(issuer.file()).await.expect_err(text);
    }
}

#[tokio::test]
async fn a_proxy_that_is_no_network_is_named() {
    let error = start(&[("ZHIBU_GATEWAY__RATE__PROXIES", "10.0.0.0/8,everybody")])
        .await
        .expect_err("refused");
    assert!(
        error.to_string().contains("rate.proxies") && error.to_string().contains("everybody"),
        "{error}"
    );
}
