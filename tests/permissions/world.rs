//! A city with two counties that have the same in them, record for record: what is asked about one of them is asked
//! about the other with the ids exchanged.

use std::collections::BTreeMap;

use kernel::{Role, id::OrganizationId};
use serde_json::{Value, json};
use testkit::database::Database;
use tonic::Request;

use crate::{
    filling::fill,
    suite::{Person, Suite, call, fresh},
};

const ORGANIZATION: &str = "/zhibu.organization.v1.OrganizationService";

/// What stands in each county: its name, what it stands under, its kind, its last day.
const PLACES: [(&str, &str, &str, &str); 7] = [
    ("town", "county", "COMMITTEE", ""),
    ("x", "town", "BRANCH", ""),
    ("y", "town", "BRANCH", ""),
    ("group", "x", "PARTY_GROUP", ""),
    ("other-town", "county", "COMMITTEE", ""),
    ("z", "other-town", "BRANCH", ""),
    ("gone", "town", "BRANCH", "2020-12-31"),
];

/// Ids of what lies in a county, by name; `county` is the county itself.
pub(crate) type Ids = BTreeMap<String, String>;

/// The suite with the two counties.
pub(crate) struct World {
    pub(crate) suite: Suite,
    pub(crate) city: OrganizationId,
    /// The organization department of the city: it sees both.
    pub(crate) city_org_dept: Person,
    pub(crate) a: Ids,
    pub(crate) b: Ids,
}

impl World {
    pub(crate) async fn open(database: &Database) -> Self {
        let suite = Suite::start(database).await;
        let founding = json!({
            "name": "演示市委", "level": "LEVEL_CITY", "foundedOn": "2000-01-01", "externalId": external("city"),
            "securitySubject": fresh(), "orgDeptSubject": fresh(),
        });
        let city = found(&suite, founding).await;
        let city_org_dept = suite.person(&[(Role::OrgDept, city), (Role::Clerk, city)]);
        let (a, b) = organizations(&suite, city, &city_org_dept).await;
        suite.settle().await;
        let mut filled = Vec::new();
        for (name, ids) in [("a", a), ("b", b)] {
            filled.push(fill(&suite, name, ids).await);
        }
        suite.settle().await;
        let b = filled.pop().expect("two counties");
        let a = filled.pop().expect("two counties");
        Self {
            suite,
            city,
            city_org_dept,
            a,
            b,
        }
    }

    /// Somebody with these roles in a county, each at a place of it.
    pub(crate) fn at(&self, county: &Ids, roles: &[(Role, &str)]) -> Person {
        let roles: Vec<_> = roles
            .iter()
            .map(|(role, place)| (*role, at(county, place)))
            .collect();
        self.suite.person(&roles)
    }
}

/// The organization of a name.
pub(crate) fn at(ids: &Ids, name: &str) -> OrganizationId {
    ids[name].parse().expect("an id")
}

pub(crate) fn external(value: &str) -> Value {
    json!({ "system": "test", "value": value })
}

async fn found(suite: &Suite, founding: Value) -> OrganizationId {
    let path = format!("{ORGANIZATION}/FoundRoot");
    let method = crate::suite::method(&path);
    let message = prost_reflect::DynamicMessage::deserialize(method.input(), founding).expect("a message");
    let mut request = Request::new(prost::Message::encode_to_vec(&message));
    let own = access::Issuer::new("zhibu", suite.keys.clone())
        .own()
        .expect("a context");
    request
        .metadata_mut()
        .insert(access::context::HEADER, own.parse().expect("a header"));
    let answer = call(suite.link("organization"), &path, request)
        .await
        .expect("a root")
        .into_inner();
    let answer = <proto::organization::v1::FoundRootResponse as prost::Message>::decode(answer.as_slice());
    let root = answer.expect("an answer").organization.expect("a root");
    root.id.parse().expect("an id")
}

async fn organizations(suite: &Suite, city: OrganizationId, who: &Person) -> (Ids, Ids) {
    let (mut rows, mut keys) = (Vec::new(), Vec::new());
    let mut add = |key: String, parent: String, kind: &str, level: &str, until: &str| {
        let domain = if kind == "BRANCH" {
            "DOMAIN_RURAL"
        } else {
            "DOMAIN_UNSPECIFIED"
        };
        rows.push(json!({
            "line": rows.len() + 1, "externalId": external(&key), "parent": external(&parent), "name": format!("组织{key}"),
            "kind": format!("ORGANIZATION_KIND_{kind}"), "level": level, "domain": domain,
            "foundedOn": "2005-01-01", "dissolvedOn": until,
        }));
        keys.push(external(&key));
    };
    for county in ["a", "b"] {
        add(
            format!("{county}-county"),
            "city".into(),
            "LOCAL_COMMITTEE",
            "LEVEL_COUNTY",
            "",
        );
        for (name, parent, kind, until) in PLACES {
            add(
                format!("{county}-{name}"),
                format!("{county}-{parent}"),
                kind,
                "LEVEL_UNSPECIFIED",
                until,
            );
        }
    }
    let import = json!({ "organizationId": city.to_string(), "importId": fresh(), "rows": rows });
    suite
        .done(
            who,
            "organization",
            &format!("{ORGANIZATION}/ImportOrganizations"),
            import,
        )
        .await;
    suite.settle().await;
    let resolve = format!("{ORGANIZATION}/ResolveExternalIds");
    let found = suite
        .done(who, "organization", &resolve, json!({ "externalIds": keys }))
        .await;
    let (mut a, mut b) = (Ids::new(), Ids::new());
    for one in found["resolved"].as_array().expect("ids") {
        let (county, name) = text(&one["externalId"]["value"])
            .split_once('-')
            .map(own)
            .expect("a key");
        let ids = if county == "a" { &mut a } else { &mut b };
        ids.insert(name, text(&one["organizationId"]).to_owned());
    }
    (a, b)
}

fn own((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A check-digit-valid number of an area that does not exist.
pub(crate) fn identity_number(n: u32) -> String {
    let digits = format!("61990019800101{n:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum as usize % 11]))
}
