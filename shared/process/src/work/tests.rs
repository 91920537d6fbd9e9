//! What a prompt promises, without any database.

use kernel::{
    Calendar, Level, OrganizationKind, Role,
    id::{OrganizationId, PersonId},
};

use super::prompts;
use crate::{
    definition::Definitions,
    engine::{
        Act, Actor, Answer, Case, Circumstances, Event, Facts, Opening, Parameters, Tree, Value, judge,
        tree::Node,
    },
};

struct Place {
    tree: Tree,
    town: OrganizationId,
    county: OrganizationId,
}

fn place() -> Place {
    let [county, town] = std::array::from_fn(|_| OrganizationId::new());
    let node = |parent, kind, level| Node { parent, kind, level };
    let tree = [
        (
            county,
            node(None, OrganizationKind::LocalCommittee, Some(Level::County)),
        ),
        (town, node(Some(county), OrganizationKind::Committee, None)),
    ];
    Place {
        tree: tree.into_iter().collect(),
        town,
        county,
    }
}

fn person(role: Role, at: OrganizationId) -> Actor {
    Actor {
        person: Some(PersonId::new()),
        holds: [(role, at)].into_iter().collect(),
        ..Actor::default()
    }
}

fn with<T>(place: &Place, look: impl FnOnce(&Circumstances<'_>) -> T) -> T {
    let facts = Facts(
        [("open_cases".to_owned(), Value::Codes(Vec::new()))]
            .into_iter()
            .collect(),
    );
    look(&Circumstances {
        definitions: Definitions::shipped(),
        calendar: Calendar::official(),
        tree: &place.tree,
        parameters: &Parameters::default(),
        facts: &facts,
    })
}

/// A material that was submitted on 2 June 2025.
fn submitted(place: &Place, by: &Actor) -> Case {
    let opening = Opening {
        procedure: "resource_admission".into(),
        variant: Some("material".into()),
        subject: uuid::Uuid::from_u128(7),
        organization: place.town,
        person: None,
        target: None,
        sides: Vec::new(),
    };
    let given =
        ["resource_card", "rights_statement"].map(|item| (item.to_owned(), Value::Text("sm3:0".into())));
    let act = Act::Step {
        step: "submit".into(),
        evidence: given.into_iter().collect(),
        vote: None,
        saw: Default::default(),
    };
    let on = "2025-06-02".parse().expect("a day");
    let event = Event {
        on,
        by: by.clone(),
        seen: None,
        key: None,
        act,
    };
    let mut case = Case::new(opening);
    match with(place, |c| judge(c, &case, &event)).answer {
        Answer::Accepted(entries) => case.append(entries),
        other => unreachable!("{other:?}"),
    }
    case
}

#[test]
fn a_step_is_prompted_for_a_week_before_its_last_day_and_only_to_whoever_may_take_it() {
    let place = place();
    let submitter = person(Role::Library, place.town);
    let case = submitted(&place, &submitter);
    let reviewer = person(Role::Library, place.county);
    let steps = |on: &str, by: &Actor| -> Vec<String> {
        let on = on.parse().expect("a day");
        let found = with(&place, |c| prompts(c, &case, on, Some(by))).expect("within bounds");
        found.into_iter().map(|prompt| prompt.step).collect()
    };
    let last = with(&place, |c| {
        prompts(c, &case, "2025-07-31".parse().expect("a day"), Some(&reviewer))
    });
    let last = last.expect("within bounds")[0].last_day.day;
    let before = |days: i64| kernel::day::add_days(last, -days).to_string();
    assert_eq!(
        steps(&before(8), &reviewer),
        Vec::<String>::new(),
        "nobody is bothered earlier"
    );
    assert_eq!(steps(&before(7), &reviewer), ["review"]);
    assert_eq!(steps(&before(7), &submitter), Vec::<String>::new(), "apart");
    assert_eq!(
        steps(&before(7), &person(Role::Clerk, place.town)),
        Vec::<String>::new(),
        "another role"
    );
}
