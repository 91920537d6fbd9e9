//! The rights of the suite, read a second time: who may call what, as `tests/rights.csv` has it, judged by plain
//! recursion over parents. It shares nothing with the crate that enforces them, so that one mistake is not made twice;
//! a right that changes is changed in the contract and in that file.

const FILE: &str = include_str!("rights.csv");

/// What a right is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The organization in this field of the request.
    Organization(String),
    /// The records of the caller's part of the tree.
    Rows,
    /// A case: its procedure decides.
    Case,
    /// The caller's own affairs.
    Own,
    /// Anybody.
    Public,
    /// These services of the suite alone.
    System(Vec<String>),
}

/// The rule of one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its path, `/package.Service/Method`.
    pub method: String,
    /// What is measured.
    pub scope: Scope,
    /// Roles that open it, each with how the organization where it is held stands to the one asked about.
    pub who: Vec<(String, String)>,
    /// Whether a purpose must be stated.
    pub purpose: bool,
    /// Whether a second factor must have been used.
    pub second_factor: bool,
}

/// All rules, in the order of the file.
///
/// # Panics
///
/// When the file is malformed.
#[must_use]
pub fn rules() -> Vec<Rule> {
    FILE.lines().skip(1).map(rule).collect()
}

fn rule(line: &str) -> Rule {
    let [method, scope, against, who, needs] = line.split(',').collect::<Vec<_>>()[..] else {
        panic!("five cells: {line}");
    };
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let right = |word: String| {
        let (role, relation) = word
            .split_once('@')
            .unwrap_or_else(|| panic!("role@relation: {line}"));
        (role.to_owned(), relation.to_owned())
    };
    Rule {
        method: method.to_owned(),
        scope: match scope {
            "organization" => Scope::Organization(against.to_owned()),
            "rows" => Scope::Rows,
            "case" => Scope::Case,
            "self" => Scope::Own,
            "public" => Scope::Public,
            "system" => Scope::System(words(against)),
            _ => panic!("no scope: {line}"),
        },
        who: words(who).into_iter().map(right).collect(),
        purpose: words(needs).iter().any(|need| need == "purpose"),
        second_factor: words(needs).iter().any(|need| need == "second_factor"),
    }
}

/// Organizations by number, each with the one above it.
#[derive(Debug, Clone)]
pub struct Tree(pub Vec<Option<usize>>);

impl Tree {
    /// Whether one organization stands in a relation to another.
    ///
    /// # Panics
    ///
    /// When a relation is none that policies use.
    #[must_use]
    pub fn stands(&self, held_at: usize, relation: &str, asked: usize) -> bool {
        match relation {
            "own" => held_at == asked,
            "ancestor" => {
                self.0[asked].is_some_and(|above| above == held_at || self.stands(held_at, relation, above))
            }
            _ => panic!("{relation} is no relation of a policy"),
        }
    }
}

/// A role that is held somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The role.
    pub role: String,
    /// At which organization.
    pub at: usize,
    /// Whether it is held today.
    pub today: bool,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody that is known.
    Stranger,
    /// Somebody whose credentials are wrong.
    Unbelieved,
    /// A service of the suite.
    Service(String),
    /// A person.
    Person {
        /// What he holds.
        held: Vec<Held>,
        /// Whether he has used two factors.
        two_factors: bool,
    },
}

/// Where he calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// At the gateway's door, where what is for services alone does not exist.
    Gateway,
    /// At the port of the service that owns the method.
    Own,
}

/// What he is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// He is let in; what he asked for may still be wrong.
    In,
    /// There is no such method here.
    NoMethod,
    /// His credentials are wrong.
    NotBelieved,
    /// He must sign in.
    SignIn,
    /// He must use a second factor.
    SecondFactor,
    /// It is for services alone.
    ServiceOnly,
    /// It is for persons alone.
    PersonOnly,
    /// He holds none of the roles anywhere.
    RoleMissing,
    /// For him it does not exist.
    Hidden,
}

/// What a caller must be told who asks about an organization; about one that does not exist with `None`.
#[must_use]
pub fn judge(rule: &Rule, caller: &Caller, door: Door, tree: &Tree, asked: Option<usize>) -> Answer {
    let system = matches!(rule.scope, Scope::System(_));
    if door == Door::Gateway && system {
        return Answer::NoMethod;
    }
    let (held, two_factors) = match (caller, &rule.scope) {
        (Caller::Unbelieved, _) => return Answer::NotBelieved,
        (_, Scope::Public) => return Answer::In,
        (Caller::Service(name), Scope::System(from)) if from.contains(name) => return Answer::In,
        (_, Scope::System(_)) => return Answer::ServiceOnly,
        (Caller::Stranger, _) => return Answer::SignIn,
        (Caller::Service(_), _) => return Answer::PersonOnly,
        (Caller::Person { held, two_factors }, _) => (held, *two_factors),
    };
    if rule.second_factor && !two_factors {
        return Answer::SecondFactor;
    }
    let mut opening = rule.who.iter().flat_map(|(role, relation)| {
        let mine = held.iter().filter(move |one| one.today && one.role == *role);
        mine.map(move |one| (one.at, relation))
    });
    match &rule.scope {
        Scope::Organization(_) => {
            let opening: Vec<_> = opening.collect();
            let reaches = |asked| {
                opening
                    .iter()
                    .any(|(at, relation)| tree.stands(*at, relation, asked))
            };
            match asked {
                _ if opening.is_empty() => Answer::RoleMissing,
                Some(asked) if reaches(asked) => Answer::In,
                _ => Answer::Hidden,
            }
        }
        Scope::Rows if opening.next().is_none() => Answer::RoleMissing,
        _ => Answer::In,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A committee (0), its branches (1, 2), a group of the first (3).
    fn tree() -> Tree {
        Tree(vec![None, Some(0), Some(0), Some(1)])
    }

    fn person(role: &str, at: usize) -> Caller {
        let held = Held {
            role: role.into(),
            at,
            today: true,
        };
        Caller::Person {
            held: vec![held],
            two_factors: true,
        }
    }

    #[test]
    fn an_organization_is_reached_from_itself_and_from_above_alone() {
        let rule = rule("/a/B,organization,branch_id,clerk@own clerk@ancestor secretary@own,");
        let judged = |caller: &Caller, asked| judge(&rule, caller, Door::Gateway, &tree(), asked);
        for at in [0, 1] {
            assert_eq!(judged(&person("clerk", at), Some(1)), Answer::In, "from {at}");
        }
        for at in [2, 3] {
            assert_eq!(judged(&person("clerk", at), Some(1)), Answer::Hidden, "from {at}");
        }
        assert_eq!(
            judged(&person("secretary", 0), Some(1)),
            Answer::Hidden,
            "not from above"
        );
        assert_eq!(
            judged(&person("clerk", 1), None),
            Answer::Hidden,
            "as if it did not exist"
        );
        assert_eq!(judged(&person("library", 1), Some(1)), Answer::RoleMissing);
        assert_eq!(judged(&Caller::Stranger, Some(1)), Answer::SignIn);
    }

    #[test]
    fn what_is_for_services_exists_for_them_alone() {
        let rule = rule("/a/B,system,rating,,");
        let judged = |caller: &Caller, door| judge(&rule, caller, door, &tree(), None);
        let service = |name: &str| Caller::Service(name.into());
        assert_eq!(judged(&service("rating"), Door::Own), Answer::In);
        assert_eq!(judged(&service("member"), Door::Own), Answer::ServiceOnly);
        assert_eq!(judged(&person("clerk", 0), Door::Own), Answer::ServiceOnly);
        assert_eq!(judged(&service("rating"), Door::Gateway), Answer::NoMethod);
    }

    #[test]
    fn a_role_that_is_over_opens_nothing() {
        let rule = rule("/a/B,rows,,clerk@own,");
        let mut caller = person("clerk", 1);
        assert_eq!(judge(&rule, &caller, Door::Gateway, &tree(), None), Answer::In);
        if let Caller::Person { held, .. } = &mut caller {
            held[0].today = false;
        }
        assert_eq!(
            judge(&rule, &caller, Door::Gateway, &tree(), None),
            Answer::RoleMissing
        );
    }

    #[test]
    fn the_file_can_be_read() {
        assert!(rules().len() > 80);
        assert!(rules().iter().any(|rule| rule.purpose));
        assert!(rules().iter().any(|rule| rule.second_factor));
    }
}
