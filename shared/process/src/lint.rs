//! The linter: what a definition must not be, whoever writes it (process.md part 8), and what is most likely meant
//! otherwise. Each mistake is named by its code and its place. An error is never right; a warning can be, and whoever
//! publishes the definition decides.
//!
//! | code | the mistake |
//! |---|---|
//! | `UNREACHABLE_STATE`, `DEAD_END` | no variant enters the state, or not the one for which a step leaves it; from it no end is reached |
//! | `NEVER_OPENED`, `NEVER_DONE` | no case of the variant can be opened; none can succeed |
//! | `REOPENED_IN_PASSING`, `REOPENED_BY_ITSELF` | a step that goes on and reopens in one; whom the case is about reopens it |
//! | `END_GOES_ON` | an end that is left without `reopen`, timed, or open to objection |
//! | `UNTIMED_STATE`, `OPEN_ENDED_WITHOUT_REASON` | somebody must act and no clock runs; nobody says why |
//! | `UNTIMED_AGAIN` (warning) | a clock runs at first, and none when the case is sent back |
//! | `CLOCK_NEVER_STARTS`, `NEVER_BEFORE` | what a clock starts from, what a step wants or keeps out, never comes before |
//! | `LATE_WITHOUT_EFFECT` | nothing happens when the day is missed |
//! | `DUE_STANDS_STILL`, `WAIT_PAST_DUE` | a clock that runs only while the case is stopped; what may be done for the first time when it is late |
//! | `CONTRADICTION`, `WHEN_GAP` | conditions that are never met together; a value for which no step is left |
//! | `NUMBER_OUT_OF_BOUNDS`, `UNIT_DIFFERS` | a clock or a count that nobody means; a parameter of another unit |
//! | `LATE_MOVE_DECIDES`, `PROPOSED_WITHOUT_CHOICE` | a clock moves to another state than a proposed one; a proposed state has one way out |
//! | `SUPPLIER_APPROVES`, `ONE_POST` | who supplied a bound document may approve it; the two people are one post |
//! | `RECORDER_APPROVES` (warning) | who recorded what a committee resolved may approve it by another office of his |
//! | `BOUND_REPLACED`, `BOUND_NEVER_SUPPLIED` | bound contents are replaced past the approval, or never supplied |
//! | `VOTE_RULE_WRONG` | a rule of the table that cannot be counted, or never carries |
//! | `DECISION_BINDS_NOTHING` | one person's decision, kept from those who prepared it, that covers nothing of it |
//! | `LOWER_DECIDES` (warning) | what was approved above may be decided below once more |
//! | `VOTE_BINDS_NOTHING`, `APPROVED_WITHOUT_VOTE` | a vote kept from those who prepared it that covers nothing; minutes that approve, and nobody voted |
//! | `VOTE_CANNOT_FAIL`, `SYSTEM_DECIDES` | a vote without another outcome; the engine votes, approves, answers or leaves a proposed state |
//! | `UPHELD_GOES_ON`, `FAIL_GOES_ON` | an objection that is upheld, a vote that does not carry, and the case goes on |
//! | `EARLY_GOES_ON`, `PUBLICITY_BYPASSED`, `APPROVAL_BYPASSED` | a step goes on before a publicity is over, or past a publicity or an approval |
//! | `PUBLICITY_LEFT_OUT`, `APPROVAL_LEFT_OUT` (warnings) | a shorter way past them, which no step behind them is |
//! | `PUBLICITY_WITHOUT_OBJECTION`, `PRIVATE_FIELD` | nobody can object to a publicity; its page shows what is not public (N-26) |
//! | `NOBODY_MAY`, `ANYBODY_MAY` | a right that nobody holds, a place that is no organization; everybody acts, or the person concerned approves |
//! | `OBJECTION_WITHOUT_WINDOW`, `BACK_WITHOUT_STOP` | an objection that ends with a publicity that is none; a return to where nothing was stopped |
//! | `OBJECTION_WITHOUT_DEADLINE`, `OBJECTION_WITHOUT_DECIDER` | an answer without a clock; nobody, or nobody separate, answers |
//! | `OBJECTOR_DECIDES`, `APART_FROM_ITSELF`, `ESCALATED_TO_ITSELF`, `ESCALATED_BELOW` | who objects answers; a step kept from whoever took it; the late one is told that he is late, or those below him are |
//! | `AUDIENCE_BELOW` (warning) | a publicity that is only shown below whoever publishes |
//! | `EVENT_NOT_OWN`, `EVENT_UNKNOWN` | an event of another service than the one that keeps the cases; none that can be read |
//! | `EVENT_UNHEARD`, `NOT_EXCLUSIVE` (warnings) | an event that no shipped procedure sends; several open cases of one organization |
//! | `NAMED_TWICE` | the same name twice in a list |
//! | `UNKNOWN_NAME`, `UNKNOWN_PREDICATE`, `WRONG_ARGUMENTS` | a name that leads nowhere; arguments that the predicate does not take |
//! | `PARAMETER_OUT_OF_BOUNDS` | a shipped value outside its own bounds, or of the wrong sort; bounds that are missing or without sense |
//! | `VERSIONS_OVERLAP`, `VERSION_GAP`, `STATE_UNMAPPED` | two versions or none in force; a state that the next version does not know |
//! | `CODE_WITHOUT_TEXT`, `NAME_MISSING`, `NORM_UNKNOWN` | a code or a thing without Chinese text; a norm that is in no catalogue |
//! | `UNUSED` | anything that nothing uses |

mod begun;
mod bound;
mod clocks;
mod codes;
mod conditions;
mod contrary;
mod decisions;
mod events;
pub(crate) mod graph;
mod heights;
mod names;
mod numbers;
mod onward;
mod order;
mod publicity;
mod repeats;
mod texts;
mod unused;
mod versions;
mod votes;
mod ways;
mod who;

use std::fmt::Display;

use crate::definition::{Definitions, Place, Procedure};

/// How much a mistake weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Never right: nothing of the file is published.
    Error,
    /// Can be meant so: told, and no more.
    Warning,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// How much it weighs.
    pub weight: Weight,
    /// Its class.
    pub code: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What is wrong there.
    pub what: String,
}

impl Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = match self.weight {
            Weight::Error => "",
            Weight::Warning => "注意：",
        };
        write!(f, "{mark}{}：{}（{}）", self.place, self.what, self.code)
    }
}

/// Everything that is wrong with the definitions, in the order of the file; no error when they may be published.
#[must_use]
pub fn lint(definitions: &Definitions) -> Vec<Mistake> {
    let mut found = Found {
        definitions,
        mistakes: Vec::new(),
    };
    for procedure in definitions.procedures() {
        let mut here = Here {
            procedure,
            found: &mut found,
        };
        names::lint(&mut here);
        repeats::lint(&mut here);
        events::lint(&mut here);
        ways::lint(&mut here);
        who::lint(&mut here);
        clocks::lint(&mut here);
        order::lint(&mut here);
        onward::lint(&mut here);
        bound::lint(&mut here);
        decisions::lint(&mut here);
        publicity::lint(&mut here);
        conditions::lint(&mut here);
        contrary::lint(&mut here);
        numbers::lint(&mut here);
        texts::lint(&mut here);
        unused::in_procedure(&mut here);
    }
    conditions::tables(&mut found);
    names::tables(&mut found);
    numbers::tables(&mut found);
    texts::tables(&mut found);
    votes::tables(&mut found);
    versions::lint(&mut found);
    codes::lint(&mut found);
    unused::in_tables(&mut found);
    let mut mistakes = found.mistakes;
    mistakes.sort_by_key(|mistake| mistake.place.line);
    mistakes
}

/// What was found so far.
struct Found<'a> {
    definitions: &'a Definitions,
    mistakes: Vec<Mistake>,
}

impl Found<'_> {
    /// Something is wrong; told once, however many variants meet it.
    fn tell(&mut self, weight: Weight, code: &'static str, place: Place, what: impl Display) {
        let mistake = Mistake {
            weight,
            code,
            place,
            what: what.to_string(),
        };
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    fn in_table(&mut self, code: &'static str, (table, key): (&str, &str), what: impl Display) {
        let place = self.definitions.table_place(table, key);
        self.tell(Weight::Error, code, place, what);
    }
}

/// The version that is looked at.
struct Here<'a, 'f> {
    procedure: &'a Procedure,
    found: &'f mut Found<'a>,
}

impl<'a> Here<'a, '_> {
    fn definitions(&self) -> &'a Definitions {
        self.found.definitions
    }

    /// Something is wrong at a path of the version, such as `["step", "approve", "binds"]`.
    fn mistake(&mut self, code: &'static str, path: &[&str], what: impl Display) {
        self.tell(Weight::Error, code, path, what);
    }

    /// Something is most likely meant otherwise.
    fn warning(&mut self, code: &'static str, path: &[&str], what: impl Display) {
        self.tell(Weight::Warning, code, path, what);
    }

    fn tell(&mut self, weight: Weight, code: &'static str, path: &[&str], what: impl Display) {
        let place = self.definitions().place(self.procedure, path, path.join(" "));
        self.found.tell(weight, code, place, what);
    }
}

/// How a message names a variant.
fn in_variant(variant: Option<&str>) -> String {
    variant.map(|id| format!("（类别 {id}）")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
