//! The decision alone, over generated trees: every method, asked by generated callers about every organization and
//! about one that does not exist, is decided as the second model decides it, and opens the same part of the tree.

use std::{sync::Arc, time::Instant};

use access::{Authorized, Call, Caller, Gate, Grant, Level, Node, Scopes, Standing};
use kernel::{Day, OrganizationKind, Refusal, Role, Who, day::add_days, id::OrganizationId};
use proptest::prelude::*;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use tests::rights::{self, Answer, Door, Held, Rule, Scope, Tree, judge, rules};

fn today() -> Day {
    "2025-06-01".parse().expect("a day")
}

/// A tree by numbers, with an id and a path for each of them.
#[derive(Debug, Clone)]
struct Forest {
    tree: Tree,
    ids: Vec<OrganizationId>,
}

impl Forest {
    /// The first is a root; each further one stands below an earlier one, or is a root of its own.
    fn of(above: &[Option<prop::sample::Index>]) -> Self {
        let parents = above.iter().enumerate().map(|(at, index)| match (at, index) {
            (0, _) | (_, None) => None,
            (at, Some(index)) => Some(index.index(at)),
        });
        let tree = Tree(parents.collect());
        let ids = tree.0.iter().map(|_| OrganizationId::new()).collect();
        Self { tree, ids }
    }

    fn path(&self, at: usize) -> Vec<u8> {
        let mut path = self.tree.0[at].map_or_else(Vec::new, |above| self.path(above));
        path.extend(self.ids[at].bytes());
        path
    }

    fn node(&self, at: usize) -> Node {
        Node {
            id: self.ids[at],
            path: self.path(at).into(),
            kind: OrganizationKind::Branch,
            level: None,
            domain: None,
            founded_on: today(),
            dissolved_on: None,
            earlier: Arc::default(),
        }
    }

    fn scopes(&self) -> Scopes {
        let scopes = Scopes::default();
        scopes.apply((0..self.ids.len()).map(|at| self.node(at)));
        scopes
    }

    /// Whether one is the other or stands below it.
    fn covers(&self, above: usize, below: usize) -> bool {
        self.tree.stands(above, "own", below) || self.tree.stands(above, "ancestor", below)
    }
}

/// A caller in the words of both models.
#[derive(Debug, Clone)]
struct Asker {
    context: Caller,
    model: rights::Caller,
    held: Vec<Held>,
}

/// A role, where it is held, and how many days it still runs; without end when there is none.
type Post = (prop::sample::Index, prop::sample::Index, Option<i64>);

fn person(forest: &Forest, posts: &[Post], two_factors: bool) -> Asker {
    let (mut grants, mut held) = (Vec::new(), Vec::new());
    for (role, at, days) in posts {
        let (role, at) = (*role.get(Role::ALL), at.index(forest.ids.len()));
        grants.push(Grant {
            role,
            organization: forest.ids[at],
            until: days.map(|days| add_days(today(), days)),
        });
        held.push(Held {
            role: role.code().into(),
            at,
            today: days.is_none_or(|days| days >= 0),
        });
    }
    Asker {
        context: Caller {
            standing: Standing::Person,
            subject: "p".into(),
            level: if two_factors { Level::Two } else { Level::One },
            grants,
            ..Caller::nobody()
        },
        model: rights::Caller::Person {
            held: held.clone(),
            two_factors,
        },
        held,
    }
}

/// Those who hold nothing by nature: nobody, and each service.
fn others() -> Vec<Asker> {
    let service = |name: &&str| Asker {
        context: Caller::service(name),
        model: rights::Caller::Service((*name).into()),
        held: Vec::new(),
    };
    let mut all: Vec<Asker> = seal::ISSUERS.iter().map(service).collect();
    all.push(Asker {
        context: Caller::nobody(),
        model: rights::Caller::Stranger,
        held: Vec::new(),
    });
    all
}

fn methods() -> Vec<(Rule, MethodDescriptor)> {
    let services = proto::DESCRIPTORS.services();
    let all: Vec<MethodDescriptor> = services
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect();
    let path =
        |method: &MethodDescriptor| format!("/{}/{}", method.parent_service().full_name(), method.name());
    let found = rules().into_iter().map(|rule| {
        let method = all.iter().find(|method| path(method) == rule.method);
        let method = method
            .unwrap_or_else(|| panic!("{} is not in the contract", rule.method))
            .clone();
        (rule, method)
    });
    found.collect()
}

fn request(rule: &Rule, method: &MethodDescriptor, id: OrganizationId) -> DynamicMessage {
    let mut message = DynamicMessage::new(method.input());
    if let Scope::Organization(field) = &rule.scope {
        message.set_field_by_name(field, Value::String(id.to_string()));
    }
    if method.input().get_field_by_name("purpose").is_some() {
        message.set_field_by_name("purpose", Value::String("核对身份".into()));
    }
    message
}

fn decide(
    gate: &Gate,
    caller: &Caller,
    request: DynamicMessage,
) -> Result<Authorized<DynamicMessage>, Refusal> {
    let call = Call {
        caller: Arc::new(caller.clone()),
        deadline: Instant::now(),
    };
    gate.authorize(call, &request.clone(), request, today())
}

fn told(decided: &Result<Authorized<DynamicMessage>, Refusal>) -> Answer {
    let Err(refusal) = decided else { return Answer::In };
    match refusal.reason.as_ref() {
        "SIGN_IN_FIRST" => Answer::SignIn,
        "STEP_UP_FIRST" => Answer::SecondFactor,
        "SERVICE_ONLY" => Answer::ServiceOnly,
        "PERSON_ONLY" => Answer::PersonOnly,
        "ROLE_MISSING" => Answer::RoleMissing,
        "NOT_FOUND" => Answer::Hidden,
        other => panic!("{other} is no decision"),
    }
}

/// Whether the part of the tree that a decision opens holds an organization, as the second model has it.
fn opened(forest: &Forest, rule: &Rule, asker: &Asker, asked: Option<usize>, at: usize) -> bool {
    let mut today = asker.held.iter().filter(|held| held.today);
    let by_right = |held: &Held| {
        let mut rights = rule.who.iter().filter(|(role, _)| *role == held.role);
        rights.any(|(_, relation)| forest.tree.stands(held.at, relation, at))
    };
    match &rule.scope {
        Scope::System(_) => true,
        Scope::Public | Scope::Own => false,
        Scope::Case => today.any(|held| forest.covers(held.at, at)),
        Scope::Rows => today.any(by_right),
        Scope::Organization(_) => asked.is_some_and(|top| forest.covers(top, at)) && today.any(by_right),
    }
}

fn check(
    forest: &Forest,
    gate: &Gate,
    askers: &[Asker],
    methods: &[(Rule, MethodDescriptor)],
) -> Result<(), TestCaseError> {
    let everywhere = (0..forest.ids.len()).map(Some).chain([None]);
    for asked in everywhere {
        let id = asked.map_or_else(OrganizationId::new, |at| forest.ids[at]);
        for (rule, method) in methods {
            for asker in askers {
                let decided = decide(gate, &asker.context, request(rule, method, id));
                let must = judge(rule, &asker.model, Door::Own, &forest.tree, asked);
                let said = || {
                    format!(
                        "{} of {asked:?} by {:?} in {:?}",
                        rule.method, asker.model, forest.tree
                    )
                };
                prop_assert_eq!(told(&decided), must, "{}", said());
                let Ok(decided) = decided else { continue };
                for at in 0..forest.ids.len() {
                    let open = decided.ranges().contains(&forest.path(at));
                    prop_assert_eq!(
                        open,
                        opened(forest, rule, asker, asked, at),
                        "{} opens {}",
                        said(),
                        at
                    );
                }
            }
        }
    }
    Ok(())
}

fn any_forest() -> impl Strategy<Value = Forest> {
    let above = prop::option::weighted(0.9, any::<prop::sample::Index>());
    prop::collection::vec(above, 1..10).prop_map(|above| Forest::of(&above))
}

fn any_posts() -> impl Strategy<Value = Vec<Post>> {
    let days = prop_oneof![Just(None), (-1_i64..=1).prop_map(Some)];
    prop::collection::vec(
        (any::<prop::sample::Index>(), any::<prop::sample::Index>(), days),
        0..5,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_method_is_decided_as_the_second_model_decides_it(
        forest in any_forest(), posts in any_posts(), two_factors in any::<bool>(),
    ) {
        let mut askers = others();
        askers.push(person(&forest, &posts, two_factors));
        check(&forest, &Gate::new(forest.scopes()), &askers, &methods())?;
    }

    #[test]
    fn a_tree_whose_parts_have_moved_decides_like_one_that_was_built_so(
        before in any_forest(), above in prop::collection::vec(any::<prop::sample::Index>(), 10), posts in any_posts(),
    ) {
        let scopes = before.scopes();
        let parents = before.tree.0.iter().enumerate().map(|(at, parent)| match parent {
            Some(_) if at > 0 => Some(above[at].index(at)),
            _ => None,
        });
        let after = Forest { tree: Tree(parents.collect()), ids: before.ids.clone() };
        scopes.apply((0..after.ids.len()).rev().map(|at| after.node(at)));
        let askers = [person(&after, &posts, true)];
        check(&after, &Gate::new(scopes.clone()), &askers, &methods())?;
        for top in 0..after.ids.len() {
            let mut listed: Vec<_> = scopes.subtree(after.ids[top]).iter().map(|node| node.id).collect();
            let mut below: Vec<_> = (0..after.ids.len()).filter(|at| after.covers(top, *at)).map(|at| after.ids[at]).collect();
            listed.sort();
            below.sort();
            prop_assert_eq!(listed, below, "below {} in {:?}", top, after.tree);
        }
    }

    #[test]
    fn rights_open_what_they_say_whatever_policy_they_might_stand_in(
        forest in any_forest(), posts in any_posts(),
        rights in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..6),
    ) {
        let asker = person(&forest, &posts, true);
        let relation = |own: &bool| if *own { "own" } else { "ancestor" };
        let rights: Vec<String> =
            rights.iter().map(|(role, own)| format!("{}@{}", role.get(Role::ALL), relation(own))).collect();
        let who: Vec<Who> = rights.iter().map(|right| right.parse().expect("a right")).collect();
        let ranges = asker.context.ranges(&who, &forest.scopes(), today());
        for at in 0..forest.ids.len() {
            let opens = |held: &Held| rights.iter().any(|right| {
                let (role, relation) = right.split_once('@').expect("a right");
                role == held.role && forest.tree.stands(held.at, relation, at)
            });
            let open = asker.held.iter().any(|held| held.today && opens(held));
            prop_assert_eq!(ranges.contains(&forest.path(at)), open, "{:?} of {:?} open {}", rights, asker.model, at);
        }
    }

    #[test]
    fn one_role_more_never_closes_anything(
        forest in any_forest(), posts in any_posts(), more in any_posts(),
    ) {
        let gate = Gate::new(forest.scopes());
        let less = person(&forest, &posts, true);
        let all = person(&forest, &[posts, more].concat(), true);
        for (rule, method) in methods() {
            for id in &forest.ids {
                let before = decide(&gate, &less.context, request(&rule, &method, *id));
                let after = decide(&gate, &all.context, request(&rule, &method, *id));
                let Ok(before) = before else { continue };
                let after = after.map_err(|refusal| TestCaseError::fail(format!("{}: {refusal:?}", rule.method)))?;
                for at in 0..forest.ids.len() {
                    let path = forest.path(at);
                    prop_assert!(!before.ranges().contains(&path) || after.ranges().contains(&path), "{}", rule.method);
                }
            }
        }
    }
}

#[test]
fn a_role_is_over_on_the_day_after_its_last_one() {
    let forest = Forest {
        tree: Tree(vec![None]),
        ids: vec![OrganizationId::new()],
    };
    let gate = Gate::new(forest.scopes());
    let (rule, method) = methods()
        .into_iter()
        .find(|(rule, _)| rule.method.ends_with("/GetMeeting"))
        .expect("a method");
    for (days, answer) in [(1, Answer::In), (0, Answer::In), (-1, Answer::RoleMissing)] {
        let grants = vec![Grant {
            role: Role::Clerk,
            organization: forest.ids[0],
            until: Some(add_days(today(), days)),
        }];
        let caller = Caller {
            standing: Standing::Person,
            level: Level::Two,
            grants,
            ..Caller::nobody()
        };
        assert_eq!(
            told(&decide(&gate, &caller, request(&rule, &method, forest.ids[0]))),
            answer,
            "{days}"
        );
    }
}
