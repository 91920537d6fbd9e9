//! Every method, asked of the services themselves by everybody: each role, held everywhere around the organization that
//! is asked about, on its last day and over; wrong credentials, services, nobody. What each is told is what the second model
//! says.

use std::sync::Arc;

use access::{Caller as Context, Grant, Issuer, Level, Standing, context::HEADER};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{
    Role,
    clock::system_now,
    day::add_days,
    id::{OrganizationId, PersonId},
};
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, Value};
use serde_json::json;
use testkit::{database::Database, stage::day};
use tests::rights::{Answer, Caller, Door, Held, Rule, Scope, Tree, judge, rules};
use tonic::{Code, Request, Status, metadata::AsciiMetadataValue, transport::Endpoint};

use crate::{
    suite::{Person, Suite, TODAY, call, fresh, method, reason, servers},
    world::{World, at},
};

/// Longer than any text may be, and in no form that a rule asks for.
const WRONG: usize = 5_000;
/// What is asked about, and where roles are held, each with the number of the one above it. The county is 1.
const PLACES: [(&str, Option<usize>); 8] = [
    ("city", None),
    ("county", Some(0)),
    ("town", Some(1)),
    ("x", Some(2)),
    ("group", Some(3)),
    ("y", Some(2)),
    ("gone", Some(2)),
    ("elsewhere", Some(0)),
];
const ASKED: usize = 3;
const DISSOLVED: usize = 6;

/// Somebody, and what he sends.
struct Asker {
    model: Caller,
    sends: Credential,
    name: String,
}

impl Asker {
    /// The same person, signed in with one factor.
    fn with_one_factor(mut self) -> Self {
        if let Caller::Person { two_factors, .. } = &mut self.model {
            *two_factors = false;
        }
        if let Credential::Person(person) = self.sends {
            self.sends = Credential::Person(person.with_one_factor());
        }
        self.name += " with one factor";
        self
    }
}

/// What somebody sends. A context is good for a minute, so a good one is signed anew in time.
enum Credential {
    Nothing,
    Person(Person),
    Service(Issuer),
    Wrong(AsciiMetadataValue),
}

impl Credential {
    fn context(&self) -> Option<AsciiMetadataValue> {
        match self {
            Self::Nothing => None,
            Self::Person(person) => Some(person.context()),
            Self::Service(issuer) => Some(value(&issuer.own().expect("signed"))),
            Self::Wrong(context) => Some(context.clone()),
        }
    }
}

struct Matrix<'a> {
    suite: &'a Suite,
    ids: Vec<OrganizationId>,
    tree: Tree,
}

impl<'a> Matrix<'a> {
    fn of(world: &'a World) -> Self {
        let id = |name: &str| match name {
            "city" => world.city,
            "elsewhere" => at(&world.b, "county"),
            name => at(&world.a, name),
        };
        Self {
            suite: &world.suite,
            ids: PLACES.iter().map(|(name, _)| id(name)).collect(),
            tree: Tree(PLACES.iter().map(|(_, above)| *above).collect()),
        }
    }

    /// One for each role at each place; one whose role ends today, one whose role is over, one who signed in with one
    /// factor; one without any role.
    fn people(&self) -> Vec<Asker> {
        let mut people = vec![self.person(None)];
        for role in Role::ALL {
            for at in 0..self.ids.len() {
                people.push(self.person(Some((*role, at, None))));
            }
            people.push(self.person(Some((*role, ASKED, Some(0)))));
            people.push(self.person(Some((*role, ASKED, Some(-1)))));
            people.push(self.person(Some((*role, ASKED, None))).with_one_factor());
        }
        people
    }

    fn person(&self, held: Option<(Role, usize, Option<i64>)>) -> Asker {
        let grant = |(role, at, days): (Role, usize, Option<i64>)| Grant {
            role,
            organization: self.ids[at],
            until: days.map(|days| add_days(day(TODAY), days)),
        };
        let known = |(role, at, days): (Role, usize, Option<i64>)| Held {
            role: role.code().into(),
            at,
            today: days.is_none_or(|days| days >= 0),
        };
        let person = self.suite.holding(held.map(grant).into_iter().collect());
        Asker {
            model: Caller::Person {
                held: held.map(known).into_iter().collect(),
                two_factors: true,
            },
            sends: Credential::Person(person),
            name: format!("{held:?}"),
        }
    }

    /// Nobody, each service, and credentials that are wrong.
    fn others(&self) -> Vec<Asker> {
        let keys = &self.suite.keys;
        let mut others = vec![Asker {
            model: Caller::Stranger,
            sends: Credential::Nothing,
            name: "nobody".into(),
        }];
        for service in seal::ISSUERS {
            others.push(Asker {
                model: Caller::Service(service.into()),
                sends: Credential::Service(Issuer::new(service, keys.clone())),
                name: format!("the service {service}"),
            });
        }
        for (name, context) in self.wrong() {
            others.push(Asker {
                model: Caller::Unbelieved,
                sends: Credential::Wrong(value(&context)),
                name,
            });
        }
        others
    }

    fn wrong(&self) -> Vec<(String, String)> {
        let keys = &self.suite.keys;
        let grant = Grant {
            role: Role::Clerk,
            organization: self.ids[ASKED],
            until: None,
        };
        let clerk = Context {
            standing: Standing::Person,
            subject: PersonId::new().to_string(),
            level: Level::Two,
            grants: vec![grant],
            ..Context::nobody()
        };
        let sign = |issuer: &str, keys: &Arc<seal::Keyring>, caller: &Context| {
            Issuer::new(issuer, keys.clone()).sign(caller).expect("signed")
        };
        let folder = tempfile::tempdir().expect("a folder");
        seal::Keyring::create(folder.path()).expect("keys");
        let foreign = Arc::new(seal::Keyring::load(folder.path()).expect("keys"));
        let good = sign("gateway", keys, &clerk);
        let mut bent = good.clone().into_bytes();
        bent[10] ^= 1;
        let (payload, signature) = good.split_once('.').expect("two parts");
        let written = |aud: &str, from: i64, until: i64| {
            let now = system_now().timestamp();
            let claims = json!({ "aud": aud, "iss": "gateway", "iat": now + from, "exp": now + until, "caller": clerk });
            let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
            let signature = keys.sign("gateway", payload.as_bytes()).expect("signed");
            format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
        };
        let all = [
            ("bent", String::from_utf8_lossy(&bent).into_owned()),
            ("empty", String::new()),
            ("without a signature", format!("{payload}.")),
            ("signed twice", format!("{good}.{signature}")),
            ("under a foreign key", sign("gateway", &foreign, &clerk)),
            ("a person whom rating presents", sign("rating", keys, &clerk)),
            (
                "rating, as member says",
                sign("member", keys, &Context::service("rating")),
            ),
            ("expired", written("zhibu", -120, -60)),
            ("for others", written("elsewhere", 0, 60)),
            ("for nobody", written("", 0, 60)),
            ("of tomorrow", written("zhibu", 86_400, 86_460)),
        ];
        all.map(|(name, context)| (name.to_owned(), context)).into()
    }

    /// Asks, and says what was told wrongly.
    async fn ask(
        &self,
        rule: &Rule,
        asked: Option<usize>,
        askers: &[Asker],
        wrong: &mut Vec<String>,
    ) -> usize {
        let method = method(&rule.method);
        let id = asked.map_or_else(fresh, |at| self.ids[at].to_string());
        let body = match &rule.scope {
            Scope::Organization(field) => wrong_but(&method, Some((field, id))),
            _ => wrong_but(&method, None),
        };
        let mut tried = 0;
        for service in servers(&rule.method) {
            for asker in askers {
                let mut request = Request::new(body.clone());
                if let Some(context) = asker.sends.context() {
                    request.metadata_mut().insert(HEADER, context);
                }
                let answer = call(self.suite.link(service), &rule.method, request).await;
                let must = judge(rule, &asker.model, Door::Own, &self.tree, asked);
                let told = told(&answer.map(drop));
                if told.as_ref() != Ok(&must) {
                    let at = asked.map(|at| PLACES[at].0);
                    wrong.push(format!(
                        "{} of {at:?} at {service} by {}: {told:?}, not {must:?}",
                        rule.method, asker.name
                    ));
                }
                tried += 1;
            }
        }
        tried
    }
}

fn value(text: &str) -> AsciiMetadataValue {
    text.parse().expect("a header")
}

/// A request in which everything is wrong but the field given and the purpose: who is let in is told so, and nothing
/// happens.
fn wrong_but(method: &MethodDescriptor, field: Option<(&str, String)>) -> Vec<u8> {
    let mut message = DynamicMessage::new(method.input());
    for one in method
        .input()
        .fields()
        .filter(|one| !one.is_list() && !one.is_map())
    {
        let value = match one.kind() {
            Kind::String if one.name() == "purpose" => Value::String("核对身份".into()),
            Kind::String => Value::String("x".repeat(WRONG)),
            Kind::Int32 => Value::I32(i32::MIN),
            Kind::Int64 => Value::I64(i64::MIN),
            Kind::Uint32 => Value::U32(u32::MAX),
            Kind::Enum(_) => Value::EnumNumber(i32::MAX),
            _ => continue,
        };
        message.set_field(&one, value);
    }
    if let Some((name, value)) = field {
        message.set_field_by_name(name, Value::String(value));
    }
    message.encode_to_vec()
}

/// What an answer tells about the right to ask.
fn told(answer: &Result<(), Status>) -> Result<Answer, String> {
    let Err(status) = answer else {
        return Ok(Answer::In);
    };
    let why = reason(status);
    match (status.code(), why.as_str()) {
        (Code::Unauthenticated, "SIGN_IN_FIRST") => Ok(Answer::SignIn),
        (Code::Unauthenticated, "CONTEXT_INVALID" | "CONTEXT_EXPIRED") => Ok(Answer::NotBelieved),
        (Code::PermissionDenied, "STEP_UP_FIRST") => Ok(Answer::SecondFactor),
        (Code::PermissionDenied, "SERVICE_ONLY") => Ok(Answer::ServiceOnly),
        (Code::PermissionDenied, "PERSON_ONLY") => Ok(Answer::PersonOnly),
        (Code::PermissionDenied, "ROLE_MISSING") => Ok(Answer::RoleMissing),
        (Code::NotFound, "NOT_FOUND") => Ok(Answer::Hidden),
        (Code::InvalidArgument, "FIELDS_INVALID") => Ok(Answer::In),
        (code, why) => Err(format!("{code:?} {why}")),
    }
}

/// A branch, one that was dissolved, and one that does not exist; once where no organization is asked about.
fn asked_about(rule: &Rule) -> Vec<Option<usize>> {
    match rule.scope {
        Scope::Organization(_) => vec![Some(ASKED), Some(DISSOLVED), None],
        _ => vec![None],
    }
}

/// N-20: what gives rights, opens what is sealed, and makes stars final.
const PRIVILEGED: [&str; 8] = [
    "/zhibu.organization.v1.OrganizationService/AssignRoles",
    "/zhibu.organization.v1.OrganizationService/RevokeRole",
    "/zhibu.member.v1.MemberService/RevealMember",
    "/zhibu.member.v1.MemberService/FindMember",
    "/zhibu.rating.v1.RatingService/OpenCycle",
    "/zhibu.rating.v1.RatingService/FreezeCycle",
    "/zhibu.rating.v1.RatingService/RunQuota",
    "/zhibu.rating.v1.RatingService/SignNamingBatch",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_privileged_asks_whoever_has_the_right_for_a_second_factor() {
    let world = World::open(&Database::sqlite()).await;
    let matrix = Matrix::of(&world);
    for path in PRIVILEGED {
        let rule = rules().into_iter().find(|rule| rule.method == path).expect(path);
        let (role, _) = rule.who.first().expect("a right");
        let role = Role::ALL.iter().find(|one| one.code() == role).expect("a role");
        let field = match &rule.scope {
            Scope::Organization(field) => Some((field.as_str(), matrix.ids[ASKED].to_string())),
            _ => None,
        };
        let body = wrong_but(&method(path), field);
        let two = matrix.suite.person(&[(*role, matrix.ids[ASKED])]);
        for (who, must) in [
            (two.clone().with_one_factor(), "STEP_UP_FIRST"),
            (two, "FIELDS_INVALID"),
        ] {
            let mut request = Request::new(body.clone());
            request.metadata_mut().insert(HEADER, who.context());
            let [service] = servers(path)[..] else {
                panic!("{path} has one owner")
            };
            let answer = call(matrix.suite.link(service), path, request).await;
            assert_eq!(reason(&answer.expect_err("refused")), must, "{path}");
        }
    }
}

/// No cell reaches a record, so one kind of database is enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_tells_everybody_what_the_second_model_says() {
    let world = World::open(&Database::sqlite()).await;
    let matrix = Matrix::of(&world);
    let askers: Vec<Asker> = matrix.people().into_iter().chain(matrix.others()).collect();
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for rule in rules() {
        for asked in asked_about(&rule) {
            tried += matrix.ask(&rule, asked, &askers, &mut wrong).await;
        }
    }
    assert!(tried > 20_000, "{tried}");
    let first = &wrong[..wrong.len().min(20)];
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        first.join("\n")
    );
    clock(&matrix, &askers).await;
}

/// The clock stands at the admin port, for the driver alone.
async fn clock(matrix: &Matrix<'_>, askers: &[Asker]) {
    let address = format!("http://{}", matrix.suite.admin);
    let channel = Endpoint::from_shared(address)
        .expect("an address")
        .connect()
        .await
        .expect("connected");
    for rule in rules()
        .into_iter()
        .filter(|rule| rule.method.contains("/zhibu.clock."))
    {
        for asker in askers {
            let mut request = Request::new(Vec::new());
            if let Some(context) = asker.sends.context() {
                request.metadata_mut().insert(HEADER, context);
            }
            let answer = call(channel.clone(), &rule.method, request).await;
            let must = judge(&rule, &asker.model, Door::Own, &matrix.tree, None);
            let told = told(&answer.map(drop));
            assert_eq!(told, Ok(must), "{} by {}", rule.method, asker.name);
        }
    }
}
