//! What a chart promises, for every variant of every version that is shipped.

use super::{
    card,
    card::By,
    draw,
    layout::{self, Box, INSET, NAME, PAD, SMALL, TEXT, WIDTH},
    route::{self, Part},
    words::width,
};
use crate::{
    definition::{Definitions, Procedure, schema::Step},
    engine::{Case, Entry, Opening, Outcome, What},
};

fn shipped(each: impl Fn(&'static Procedure, Option<&'static str>)) {
    for procedure in Definitions::shipped().procedures() {
        for variant in procedure.kinds() {
            each(procedure, variant);
        }
    }
}

fn boxes(procedure: &'static Procedure, variant: Option<&'static str>) -> Vec<Box<'static>> {
    layout::place(card::of(Definitions::shipped(), procedure, variant))
}

/// What can be read in a chart, with the lines of a card joined.
fn read(svg: &str) -> String {
    svg.split("</text>")
        .filter_map(|text| text.rsplit('>').next())
        .collect()
}

#[test]
fn the_same_definition_gives_the_same_bytes_and_names_each_step_of_the_variant() {
    shipped(|procedure, variant| {
        let svg = draw(Definitions::shipped(), procedure, variant, None);
        assert_eq!(svg, draw(Definitions::shipped(), procedure, variant, None));
        let read = read(&svg);
        let entered = |step: &Step| {
            let cards = boxes(procedure, variant);
            step.opens() || cards.iter().any(|one| step.leaves(one.card.id()))
        };
        for step in procedure.steps_of(variant).filter(|step| entered(step)) {
            let what = format!("{}: {}", procedure.title(), step.name_zh);
            assert!(read.contains(&step.name_zh), "{what}");
        }
    });
}

#[test]
fn it_is_well_formed_and_each_number_is_whole() {
    let procedure = Definitions::shipped()
        .version("org_change", "2018")
        .expect("shipped");
    let svg = draw(Definitions::shipped(), procedure, Some("move"), None);
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    let mut values = svg.split('"').skip(1).step_by(2);
    let broken = |value: &str| value.contains('.') && value.chars().all(|c| c.is_ascii_digit() || c == '.');
    assert!(!values.any(broken));
}

#[test]
fn no_card_stands_on_another_and_no_text_leaves_its_card() {
    shipped(|procedure, variant| {
        let boxes = boxes(procedure, variant);
        for (at, one) in boxes.iter().enumerate() {
            for other in &boxes[at + 1..] {
                let apart = one.column != other.column
                    || one.y + one.height <= other.y
                    || other.y + other.height <= one.y;
                assert!(
                    apart,
                    "{}: {} and {}",
                    procedure.title(),
                    one.card.id(),
                    other.card.id()
                );
            }
            let fits = |text: &String, size: i32, x: i32| assert!(x + width(text, size) <= WIDTH, "{text}");
            one.name.iter().for_each(|text| fits(text, NAME, PAD));
            for line in &one.lines {
                line.name.iter().for_each(|text| fits(text, TEXT, INSET));
                line.who.iter().for_each(|text| fits(text, SMALL, INSET));
                fits(&line.line.due, SMALL, INSET + 14);
                assert!(line.port < one.y + one.height);
            }
        }
    });
}

/// Whether two parts lie on one another.
fn shared(one: &Part, other: &Part) -> bool {
    // Whether it is upright, the line that it lies on, and its ends there.
    let on_line = |part: &Part| {
        let ((x1, y1), (x2, y2)) = (part.from, part.to);
        match x1 == x2 {
            true => (true, x1, y1.min(y2), y1.max(y2)),
            false => (false, y1, x1.min(x2), x1.max(x2)),
        }
    };
    let (a, b) = (on_line(one), on_line(other));
    (a.0, a.1) == (b.0, b.1) && a.2.max(b.2) < a.3.min(b.3)
}

#[test]
fn no_course_lies_on_another_and_none_goes_through_a_card() {
    shipped(|procedure, variant| {
        let boxes = boxes(procedure, variant);
        let routes = route::lay(&boxes);
        for (at, part) in routes.parts.iter().enumerate() {
            let ((x1, y1), (x2, y2)) = (part.from, part.to);
            assert!(x1 == x2 || y1 == y2, "level or upright");
            for other in &routes.parts[at + 1..] {
                assert!(
                    !shared(part, other),
                    "{}: {part:?} and {other:?}",
                    procedure.title()
                );
            }
            for one in &boxes {
                let (left, top) = (routes.columns[one.column], routes.top + one.y);
                let beside = x1.max(x2) <= left
                    || x1.min(x2) >= left + WIDTH
                    || y1.max(y2) <= top
                    || y1.min(y2) >= top + one.height;
                assert!(
                    beside,
                    "{}: {part:?} through {}",
                    procedure.title(),
                    one.card.id()
                );
            }
        }
    });
}

#[test]
fn ends_stand_at_the_right_and_stages_in_their_columns() {
    shipped(|procedure, variant| {
        let boxes = boxes(procedure, variant);
        let last = boxes.iter().map(|one| one.column).max().expect("cards");
        for one in &boxes {
            let Some(state) = one.card.state else { continue };
            assert_eq!(
                state.end.is_some(),
                one.column == last,
                "{}: {}",
                procedure.title(),
                state.id
            );
            if let (Some(stage), None) = (state.stage, state.end) {
                assert_eq!(Ok(stage), u32::try_from(one.column));
            }
        }
    });
}

#[test]
fn refusals_returns_and_moves_of_a_clock_are_dashed_and_what_goes_on_is_not() {
    let procedure = Definitions::shipped()
        .version("star_rating", "2022")
        .expect("shipped");
    let dashed = |from: &str, by: By<'_>| {
        let boxes = boxes(procedure, None);
        let card = boxes.iter().find(|one| one.card.id() == from).expect("a card");
        let line = card
            .lines
            .iter()
            .find(|placed| placed.line.by == by)
            .expect("a line");
        line.line.way.expect("an arrow").dashed
    };
    assert!(!dashed("self_assessing", By::Step("submit")));
    assert!(dashed("submitted", By::Step("return_self")), "a return");
    assert!(dashed("county_review", By::Step("county_return")), "a refusal");
    assert!(
        dashed("self_assessing", By::Step("exclude")),
        "an end that is none"
    );
    assert!(
        dashed("naming_proposed", By::Fail("consent")),
        "a vote that does not carry"
    );
    assert!(dashed("county_public", By::Objection("county")), "an objection");
    let admission = Definitions::shipped()
        .version("resource_admission", "2022")
        .expect("shipped");
    let cards = boxes(admission, Some("trainer"));
    let clock = cards
        .iter()
        .flat_map(|one| &one.lines)
        .find(|placed| placed.line.by == By::Clock("renew"));
    assert!(
        clock
            .and_then(|placed| placed.line.way)
            .is_some_and(|way| way.dashed),
        "a clock that moves"
    );
}

#[test]
fn a_clock_tells_by_when_and_a_megaphone_that_it_is_public() {
    let definitions = Definitions::shipped();
    let stars = definitions.version("star_rating", "2022").expect("shipped");
    let read_stars = read(&draw(definitions, stars, None, None));
    assert!(read_stars.contains("公示5个工作日") && read_stars.contains("20个工作日内"));
    let election = definitions.version("election", "2020").expect("shipped");
    let read_election = read(&draw(definitions, election, Some("committee"), None));
    assert!(read_election.contains("任期届满日、批准延至日期前1个月"));
    assert!(read_election.contains("任期届满日、批准延至日期当日"));
}

/// A star rating after these steps, each with the state that it led to and how its vote came out.
fn case(steps: &[(&str, &str, Outcome)]) -> Case {
    let organization = kernel::id::OrganizationId::new();
    let opening = Opening {
        procedure: "star_rating".into(),
        variant: None,
        subject: organization.into(),
        organization,
        person: None,
        target: None,
        sides: Vec::new(),
    };
    let entries = (0..).zip(steps).map(|(seq, (step, state, outcome))| Entry {
        seq,
        revision: seq + 1,
        on: "2026-01-16".parse().expect("a day"),
        person: None,
        right: None,
        version: "2022".into(),
        state: (*state).into(),
        since: seq,
        organization,
        voided: Vec::new(),
        request: None,
        what: What::Step {
            step: (*step).into(),
            evidence: Default::default(),
            vote: None,
            outcome: *outcome,
            binds: Default::default(),
            warnings: Vec::new(),
            emits: Vec::new(),
        },
    });
    Case::fold(opening, entries)
}

#[test]
fn a_case_is_shown_where_it_stands_and_how_it_came_there() {
    let definitions = Definitions::shipped();
    let procedure = definitions.version("star_rating", "2022").expect("shipped");
    let count = |case: Option<&Case>| {
        let svg = draw(definitions, procedure, None, case);
        let of = |class: &str| svg.matches(&format!("class=\"{class}\"")).count();
        (of("here"), of("t"), of("done"))
    };
    assert_eq!(count(None), (0, 0, 0));
    let steps = [
        ("open", "self_assessing", Outcome::Done),
        ("dispute_item", "self_assessing", Outcome::Done),
        ("submit", "submitted", Outcome::Done),
        ("return_self", "self_assessing", Outcome::Done),
    ];
    // The card and its head are filled; what stays in its state is marked in its card, without an arrow.
    assert_eq!(count(Some(&case(&steps[..3]))), (2, 2, 3));
    assert_eq!(
        count(Some(&case(&steps))),
        (2, 3, 4),
        "a return that was taken is as strong"
    );
}
