//! Forged tokens: none is believed (reliability.md part 1.3).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use kernel::clock::system_now;
use serde_json::{Value, json};

use super::tokens::{TestIssuer, but, signed};
use crate::world::World;

const ME: &str = "/zhibu.gateway.v1.GatewayService/WhoAmI";

async fn world(issuer: &TestIssuer) -> World {
    let settings = issuer.settings();
    let settings = settings.each_ref().map(|(key, value)| (*key, value.as_str()));
    World::with(&settings).await
}

/// The HTTP status and the reason; empty for a token that was believed.
async fn shown(world: &World, authorization: &str) -> (u16, String) {
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization),
    ];
    let answer = world.http(Method::POST, ME, &headers, "{}").await;
    let reason = if answer.status == 200 {
        String::new()
    } else {
        answer.reason()
    };
    (answer.status.as_u16(), reason)
}

/// Every kind of forgery with its name.
fn forged(issuer: &TestIssuer) -> Vec<(&'static str, String)> {
    let (header, claims) = (TestIssuer::header(), TestIssuer::claims());
    let now = system_now().timestamp();
    let stranger = SigningKey::from_bytes(&[8; 32]);
    let good = issuer.sign(&header, &claims);
    let (signing, signature) = good.rsplit_once('.').expect("a signature");
    let (head, payload) = signing.split_once('.').expect("a payload");
    let public = issuer.key.verifying_key();
    let hmac = |algorithm, secret: &[u8]| {
        let header = Header {
            kid: Some(super::tokens::KEY_ID.into()),
            ..Header::new(algorithm)
        };
        encode(&header, &claims, &EncodingKey::from_secret(secret)).expect("a token")
    };
    let with_header = |changes: Value| issuer.sign(&but(&header, changes), &claims);
    let with_claims = |changes: Value| issuer.sign(&header, &but(&claims, changes));
    let unsigned = |algorithm: &str| {
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": super::tokens::KEY_ID }).to_string();
        format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(header))
    };
    let twice = |name: &str, value: Value| {
        let text = claims.to_string();
        format!(r#"{{"{name}":{value},{}"#, &text[1..])
    };
    let by_stranger = |header: &Value| signed(&stranger, &header.to_string(), &claims.to_string());
    let key_of_stranger = {
        let x = URL_SAFE_NO_PAD.encode(stranger.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": super::tokens::KEY_ID })
    };
    let sub = claims["sub"].as_str().expect("a subject");
    vec![
        ("nothing", String::new()),
        ("no token at all", "x".into()),
        ("two parts", signing.to_owned()),
        ("four parts", format!("{good}.x")),
        (
            "five parts as if encrypted",
            format!("{head}.x.y.{payload}.{signature}"),
        ),
        ("algorithm none", unsigned("none")),
        ("algorithm None", unsigned("None")),
        ("algorithm NONE", unsigned("NONE")),
        ("no signature", format!("{signing}.")),
        (
            "an empty signature of the right length",
            format!("{signing}.{}", "A".repeat(86)),
        ),
        (
            "HS256 with the public key as secret",
            hmac(Algorithm::HS256, public.as_bytes()),
        ),
        (
            "HS512 with the public key as secret",
            hmac(Algorithm::HS512, public.as_bytes()),
        ),
        ("HS256 with the key set's text as secret", {
            let x = URL_SAFE_NO_PAD.encode(public.as_bytes());
            hmac(Algorithm::HS256, x.as_bytes())
        }),
        ("HS256 with an empty secret", hmac(Algorithm::HS256, b"")),
        (
            "RS256 said of the same signature",
            with_header(json!({ "alg": "RS256" })),
        ),
        (
            "ES256 said of the same signature",
            with_header(json!({ "alg": "ES256" })),
        ),
        (
            "an algorithm that does not exist",
            with_header(json!({ "alg": "EdDSA2" })),
        ),
        ("no algorithm", with_header(json!({ "alg": null }))),
        ("signed by another key", by_stranger(&header)),
        (
            "signed by another key under another name",
            by_stranger(&but(&header, json!({ "kid": "key-2" }))),
        ),
        ("another name of the key", with_header(json!({ "kid": "key-2" }))),
        ("no name of the key", with_header(json!({ "kid": null }))),
        (
            "a name of the key that is a path",
            with_header(json!({ "kid": "../../dev/null" })),
        ),
        (
            "a key set of his own by jku",
            by_stranger(&but(&header, json!({ "jku": "https://evil.example/jwks" }))),
        ),
        (
            "a key of his own by jwk",
            by_stranger(&but(&header, json!({ "jwk": key_of_stranger }))),
        ),
        (
            "a certificate of his own by x5u",
            by_stranger(&but(&header, json!({ "x5u": "https://evil.example/c" }))),
        ),
        (
            "something critical that we do not know",
            with_header(json!({ "crit": ["exp"], "x": 1 })),
        ),
        ("compressed", with_header(json!({ "zip": "DEF" }))),
        (
            "another kind of token",
            with_header(json!({ "typ": "logout+jwt" })),
        ),
        ("no audience", with_claims(json!({ "aud": null }))),
        ("an empty audience", with_claims(json!({ "aud": "" }))),
        ("an empty list of audiences", with_claims(json!({ "aud": [] }))),
        (
            "the audience of another service",
            with_claims(json!({ "aud": "member" })),
        ),
        (
            "an audience that begins like ours",
            with_claims(json!({ "aud": "zhibu2" })),
        ),
        (
            "the audience in another case",
            with_claims(json!({ "aud": "ZHIBU" })),
        ),
        (
            "another issuer",
            with_claims(json!({ "iss": "https://evil.example" })),
        ),
        (
            "the built-in issuer",
            with_claims(json!({ "iss": "zhibu-built-in" })),
        ),
        (
            "an issuer that begins like ours",
            with_claims(json!({ "iss": "https://issuer.example.evil.example" })),
        ),
        ("no issuer", with_claims(json!({ "iss": null }))),
        ("no end", with_claims(json!({ "exp": null }))),
        (
            "an end that is a text",
            with_claims(json!({ "exp": (now + 300).to_string() })),
        ),
        (
            "an end that is no whole number",
            issuer.sign_text(
                &header.to_string(),
                &claims
                    .to_string()
                    .replace(&claims["exp"].to_string(), &format!("{}.5", claims["exp"])),
            ),
        ),
        ("an end that is too large", with_claims(json!({ "exp": 1e300 }))),
        ("a negative end", with_claims(json!({ "exp": -1 }))),
        ("no beginning", with_claims(json!({ "nbf": null }))),
        (
            "a beginning in the future",
            with_claims(json!({ "nbf": now + 90 })),
        ),
        ("a beginning that is a text", with_claims(json!({ "nbf": "0" }))),
        ("no subject", with_claims(json!({ "sub": null }))),
        ("an empty subject", with_claims(json!({ "sub": "" }))),
        ("a subject that is no id", with_claims(json!({ "sub": "admin" }))),
        (
            "a subject with a look-alike letter",
            with_claims(json!({ "sub": sub.replacen('0', "О", 1).replacen('1', "l", 1) })),
        ),
        (
            "a subject with a space",
            with_claims(json!({ "sub": format!("{sub} ") })),
        ),
        ("a subject that is a list", with_claims(json!({ "sub": [sub] }))),
        ("no session", with_claims(json!({ "sid": null }))),
        ("an empty session", with_claims(json!({ "sid": "" }))),
        (
            "an endless session",
            with_claims(json!({ "sid": "x".repeat(200) })),
        ),
        (
            "the subject twice",
            issuer.sign_text(&header.to_string(), &twice("sub", json!("x"))),
        ),
        (
            "the end twice",
            issuer.sign_text(&header.to_string(), &twice("exp", json!(now + 9_000))),
        ),
        (
            "the audience twice",
            issuer.sign_text(&header.to_string(), &twice("aud", json!("zhibu"))),
        ),
        (
            "the issuer twice",
            issuer.sign_text(&header.to_string(), &twice("iss", json!(super::tokens::ISSUER))),
        ),
        ("the algorithm twice", {
            let text = header.to_string();
            issuer.sign_text(&format!(r#"{{"alg":"none",{}"#, &text[1..]), &claims.to_string())
        }),
        (
            "claims that are no object",
            issuer.sign_text(&header.to_string(), "[]"),
        ),
        (
            "claims that are no JSON",
            issuer.sign_text(&header.to_string(), "{"),
        ),
        (
            "a header that is no JSON",
            issuer.sign_text("{", &claims.to_string()),
        ),
        ("far too long", with_claims(json!({ "more": "x".repeat(9_000) }))),
        ("claims changed after signing", {
            let other = URL_SAFE_NO_PAD.encode(but(&claims, json!({ "sid": "other" })).to_string());
            format!("{head}.{other}.{signature}")
        }),
        ("padded base64", format!("{head}=.{payload}=.{signature}==")),
        ("a space in front", format!(" {good}")),
        ("two tokens", format!("{good},{good}")),
    ]
}

#[tokio::test]
async fn of_all_forged_tokens_none_is_believed() {
    let issuer = TestIssuer::new();
    let world = world(&issuer).await;
    let forged = forged(&issuer);
    assert!(forged.len() >= 60, "{}", forged.len());
    let mut believed = Vec::new();
    for (name, token) in &forged {
        match shown(&world, &format!("Bearer {token}")).await {
            (401, reason) if reason == "TOKEN_INVALID" => {}
            other => believed.push((name, other)),
        }
    }
    assert!(believed.is_empty(), "{believed:?}");
    assert!(
        world.services.asked("ResolveCaller").is_empty(),
        "nobody was looked up for them"
    );
}

#[tokio::test]
async fn what_is_no_bearer_token_is_not_taken_for_one() {
    let issuer = TestIssuer::new();
    let world = world(&issuer).await;
    let good = issuer.sign(&TestIssuer::header(), &TestIssuer::claims());
    for authorization in [
        good.clone(),
        format!("Basic {good}"),
        format!("Bearer{good}"),
        "Bearer".into(),
        String::new(),
    ] {
        assert_eq!(
            shown(&world, &authorization).await,
            (401, "TOKEN_INVALID".into()),
            "{authorization}"
        );
    }
}

#[tokio::test]
async fn good_tokens_are_believed_in_every_form_that_issuers_write() {
    let issuer = TestIssuer::new();
    let world = world(&issuer).await;
    let (header, claims) = (TestIssuer::header(), TestIssuer::claims());
    let now = system_now().timestamp();
    for (name, token) in [
        ("plain", issuer.sign(&header, &claims)),
        (
            "several audiences",
            issuer.sign(&header, &but(&claims, json!({ "aud": ["other", "zhibu"] }))),
        ),
        (
            "an access token",
            issuer.sign(&but(&header, json!({ "typ": "at+jwt" })), &claims),
        ),
        (
            "no kind",
            issuer.sign(&but(&header, json!({ "typ": null })), &claims),
        ),
        (
            "more claims",
            issuer.sign(&header, &but(&claims, json!({ "name": "某人", "amr": null }))),
        ),
        (
            "clocks that differ a little",
            issuer.sign(
                &header,
                &but(&claims, json!({ "nbf": now + 20, "exp": now + 60 })),
            ),
        ),
        (
            "just over, within the leeway",
            issuer.sign(&header, &but(&claims, json!({ "exp": now - 10 }))),
        ),
    ] {
        assert_eq!(
            shown(&world, &format!("Bearer {token}")).await,
            (200, String::new()),
            "{name}"
        );
        assert_eq!(
            shown(&world, &format!("bearer {token}")).await,
            (200, String::new()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_old_token_is_told_to_be_old() {
    let issuer = TestIssuer::new();
    let world = world(&issuer).await;
    let now = system_now().timestamp();
    for exp in [now - 31, now - 3_600, 1] {
        let token = issuer.sign(
            &TestIssuer::header(),
            &but(&TestIssuer::claims(), json!({ "exp": exp })),
        );
        assert_eq!(
            shown(&world, &format!("Bearer {token}")).await,
            (401, "TOKEN_EXPIRED".into()),
            "{exp}"
        );
    }
}

#[tokio::test]
async fn one_person_is_one_caller_however_his_id_is_written() {
    let issuer = TestIssuer::new();
    let world = world(&issuer).await;
    let claims = TestIssuer::claims();
    let sub = claims["sub"].as_str().expect("a subject").to_owned();
    for written in [
        sub.clone(),
        sub.to_uppercase(),
        sub.replace('-', ""),
        format!("urn:uuid:{sub}"),
    ] {
        let token = issuer.sign(&TestIssuer::header(), &but(&claims, json!({ "sub": written })));
        let bearer = format!("Bearer {token}");
        let headers = [
            ("content-type", "application/json"),
            ("authorization", bearer.as_str()),
        ];
        let answer = world.http(Method::POST, ME, &headers, "{}").await;
        assert_eq!(answer.json()["subject"], sub, "{written}");
    }
}
