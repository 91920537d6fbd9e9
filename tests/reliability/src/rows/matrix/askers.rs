//! Who asks: people with each role, credentials that are wrong, services.

use std::sync::Arc;

use access::{Caller as Context, Issuer, Standing, context::HEADER};
use gateway::tokens::BuiltIn;
use kernel::{
    Day, Role,
    clock::system_now,
    day::{add_days, day_of},
    id::{OrganizationId, PersonId},
};
use proto::organization::v1::{
    AssignRolesRequest, RoleAssignment,
    organization_service_client::OrganizationServiceClient as Organizations,
};
use seal::Keyring;
use serde_json::json;
use tests::rights::{Caller, Held};
use tonic::metadata::{AsciiMetadataValue, MetadataValue};

use super::BRANCH;
use crate::{
    county::{County, new_id, reason},
    lab::Trouble,
    people::{Person, Presented, forged},
    suite::Suite,
};

/// Somebody, what he sends, and how he is called.
pub(super) struct Asker {
    pub(super) caller: Caller,
    pub(super) header: Option<(&'static str, AsciiMetadataValue)>,
    pub(super) name: String,
}

/// One person for each role at each place, and the same without a second factor in the branch; one whose role is
/// over, one whose role has not begun, one without any.
pub(super) async fn people(
    suite: &Suite,
    county: &County,
    ids: &[OrganizationId],
) -> Result<Vec<Asker>, Trouble> {
    let (mut people, mut assignments) = (Vec::new(), Vec::new());
    let today = day_of(system_now());
    let always = (since(), None);
    let over = (since(), Some(add_days(today, -1)));
    let not_begun = (add_days(today, 1), None);
    for role in Role::ALL.iter().filter(|role| may_be_given(**role)) {
        let places = (0..ids.len()).map(|at| (at, always));
        for (at, (from, until)) in places.chain([(BRANCH, over), (BRANCH, not_begun)]) {
            let id = PersonId::new();
            assignments.push(RoleAssignment {
                subject: id.to_string(),
                role: role.code().into(),
                organization_id: ids[at].to_string(),
                from: from.to_string(),
                until: until.map(|day| day.to_string()).unwrap_or_default(),
            });
            let running = (from, until) == always;
            let held = vec![Held {
                role: role.code().into(),
                at,
                today: running,
            }];
            let mut name = format!("{role} at {at}");
            if !running {
                name += &format!(" from {from} until {until:?}");
            }
            if at == BRANCH && running {
                let person = Person::with_one_factor(id, &suite.tokens)?;
                let name = format!("{name} with one factor");
                people.push(asker(held.clone(), false, &person, name));
            }
            people.push(asker(held, true, &Person::new(id, &suite.tokens)?, name));
        }
    }
    let request = AssignRolesRequest {
        organization_id: county.root.to_string(),
        request_id: new_id(),
        assignments,
    };
    Organizations::new(county.door.clone())
        .assign_roles(county.security.asks(request))
        .await
        .map_err(|status| Trouble(format!("giving roles: {}", reason(&status))))?;
    let nobody = Person::new(PersonId::new(), &suite.tokens)?;
    people.push(asker(Vec::new(), true, &nobody, "a person without a role".into()));
    Ok(people)
}

fn since() -> Day {
    Day::from_ymd_opt(2005, 1, 1).unwrap_or_default()
}

/// The person himself, anyone and the system are what they are.
fn may_be_given(role: Role) -> bool {
    !matches!(role, Role::Person | Role::Anyone | Role::System)
}

fn asker(held: Vec<Held>, two_factors: bool, person: &Person, name: String) -> Asker {
    Asker {
        caller: Caller::Person { held, two_factors },
        header: Some(("authorization", person.bearer())),
        name,
    }
}

/// Tokens that are none, and no token.
pub(super) fn unbelieved(suite: &Suite, foreign: &BuiltIn) -> Result<Vec<Asker>, Trouble> {
    let (own, theirs) = (
        Person::new(PersonId::new(), &suite.tokens)?,
        Person::new(PersonId::new(), foreign)?,
    );
    let good = own.bearer().to_str().unwrap_or_default().to_owned();
    let foreign = theirs.bearer().to_str().unwrap_or_default().to_owned();
    let mut bent = good.clone().into_bytes();
    let middle = bent.len() / 2;
    bent[middle] = if bent[middle] == b'A' { b'B' } else { b'A' };
    let unsigned = good.rsplit_once('.').map(|(head, _)| format!("{head}."));
    let now = system_now().timestamp();
    let signed = |changes: serde_json::Value| {
        let token = forged(&suite.keys_folder, &good["Bearer ".len()..], &changes)?;
        Ok::<_, Trouble>(format!("Bearer {token}"))
    };
    let hour = 3_600;
    let wrong = [
        ("a bent token", String::from_utf8_lossy(&bent).into_owned()),
        ("a foreign token", foreign),
        ("a token without its signature", unsigned.unwrap_or_default()),
        ("no token at all", "Bearer x.y.z".to_owned()),
        ("another scheme", good.replace("Bearer", "Basic")),
        ("a token that is over", signed(json!({ "exp": now - hour }))?),
        (
            "a token that has not begun",
            signed(json!({ "nbf": now + hour }))?,
        ),
        ("a token for another audience", signed(json!({ "aud": "other" }))?),
        ("a token of another issuer", signed(json!({ "iss": "other" }))?),
    ];
    let mut others = vec![Asker {
        caller: Caller::Stranger,
        header: None,
        name: "a stranger".into(),
    }];
    for (name, text) in wrong {
        others.push(Asker {
            caller: Caller::Unbelieved,
            header: Some(("authorization", value(&text)?)),
            name: name.into(),
        });
    }
    Ok(others)
}

/// Services, and persons presented rightly and wrongly, as they ask at the port of a service.
pub(super) fn contexts(
    suite: &Suite,
    foreign: &Arc<Keyring>,
    branch: OrganizationId,
) -> Result<Vec<Asker>, Trouble> {
    let wrong = |error: seal::SealError| Trouble(error.to_string());
    let clerk = PersonId::new();
    let presented = |keys: &Arc<Keyring>| {
        let context = Presented::new(clerk, &[(Role::Clerk, branch)], keys.clone()).context()?;
        Ok::<_, Trouble>(context.to_str().unwrap_or_default().to_owned())
    };
    let signed = |by: &str, caller: &Context| Issuer::new(by, suite.keys.clone()).sign(caller).map_err(wrong);
    let good = presented(&suite.keys)?;
    let mut bent = good.clone().into_bytes();
    bent[10] ^= 1;
    let claimed = Context {
        standing: Standing::Person,
        subject: clerk.to_string(),
        ..Context::nobody()
    };
    let person = Caller::Person {
        held: vec![Held {
            role: Role::Clerk.code().into(),
            at: BRANCH,
            today: true,
        }],
        two_factors: true,
    };
    let mut all = vec![
        (person, good, "a clerk as the gateway presents him".to_owned()),
        (
            Caller::Unbelieved,
            String::from_utf8_lossy(&bent).into_owned(),
            "a bent context".into(),
        ),
        (
            Caller::Unbelieved,
            presented(foreign)?,
            "a context under a foreign key".into(),
        ),
        (
            Caller::Unbelieved,
            signed("rating", &claimed)?,
            "a person whom rating presents".into(),
        ),
        (
            Caller::Unbelieved,
            signed("member", &Context::service("rating"))?,
            "member, which says that it is rating".into(),
        ),
    ];
    for service in seal::ISSUERS {
        let own = Issuer::new(service, suite.keys.clone()).own().map_err(wrong)?;
        all.push((
            Caller::Service(service.into()),
            own,
            format!("the service {service}"),
        ));
    }
    let mut askers = vec![Asker {
        caller: Caller::Stranger,
        header: None,
        name: "a stranger".into(),
    }];
    for (caller, context, name) in all {
        askers.push(Asker {
            caller,
            header: Some((HEADER, value(&context)?)),
            name,
        });
    }
    Ok(askers)
}

fn value(text: &str) -> Result<AsciiMetadataValue, Trouble> {
    MetadataValue::try_from(text).map_err(|error| Trouble(error.to_string()))
}
