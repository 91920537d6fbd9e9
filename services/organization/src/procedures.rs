//! The procedure `org_change` (S-102, X15): the facts that its conditions read, and its effect. Moving an organization
//! below another parent is offered; the other changes are not yet.

use async_trait::async_trait;
use kernel::{Kind, Refusal, RpcError, id::CaseId};
use process::{
    Case, Entry,
    engine::{Facts, Opening, Value, What},
    keeper::{Owner, Question},
};
use storage::{Reading, Tx};
use uuid::Uuid;

use crate::{
    app::App,
    convert::Standing,
    domain::change::{drawn_from, may_move, outlook, takes_effect},
    error::OrganizationError,
    events,
    store::{
        organizations,
        proposals::{self, Basis},
        subtrees,
    },
};

/// 设置变更
pub const ORG_CHANGE: &str = "org_change";
/// 调整隶属
const MOVE: &str = "move";
/// What a tree that would not stay whole is refused with.
const TREE_BROKEN: &str = "TREE_BROKEN";

/// Organization as the owner of its procedures.
#[derive(Clone)]
pub struct Changes(pub App);

#[async_trait]
impl Owner for Changes {
    fn procedures(&self) -> &'static [&'static str] {
        &[ORG_CHANGE]
    }

    async fn may_be_about(&self, opening: &Opening) -> Result<(), RpcError> {
        Ok(offered(opening)?)
    }

    async fn facts(&self, question: &Question<'_>) -> Result<Facts, RpcError> {
        let opening = question.case.opening();
        offered(opening)?;
        let read = self.0.store.own();
        let seen = self.look(&read, opening).await?;
        let basis = proposals::get(&read, question.id).await?;
        let mut facts = Facts::default();
        for fact in &question.facts {
            let holds = match *fact {
                "base_version_current" => seen.rests_on(basis.as_ref(), difference(question)),
                "tree_stays_whole" => self.judge(&seen).is_ok(),
                "preview_unchanged" => basis.as_ref().is_some_and(|basis| basis.outlook == seen.outlook),
                _ => continue,
            };
            facts.0.insert((*fact).to_owned(), Value::Flag(holds));
        }
        Ok(facts)
    }

    async fn on_entry(&self, tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError> {
        match (&entry.what, entry.done()) {
            (_, Some("draft")) => self.drafted(tx, id, case, None).await,
            (_, Some("take_effect")) => self.take_effect(tx, id, case).await,
            (What::Edit { item, .. }, _) => self.drafted(tx, id, case, Some(item)).await,
            _ => Ok(()),
        }
    }

    async fn explain(&self, question: &Question<'_>, refusal: Refusal) -> Refusal {
        if refusal.reason != TREE_BROKEN || !refusal.metadata.iter().all(|(key, _)| *key != BECAUSE) {
            return refusal;
        }
        let opening = question.case.opening();
        let seen = self.look(&self.0.store.own(), opening).await;
        match seen.map(|seen| self.judge(&seen)) {
            Ok(Err(broken)) => because(refusal, broken),
            _ => refusal,
        }
    }
}

/// Key of the rule behind a tree that would not stay whole.
const BECAUSE: &str = "because";

fn because(refusal: Refusal, broken: OrganizationError) -> Refusal {
    let rule = Refusal::from(broken);
    Refusal {
        zh: rule.zh,
        ..refusal.with(BECAUSE, rule.reason)
    }
}

/// Whether the change is one that has an effect here, about the organization in whose name it is proposed.
fn offered(opening: &Opening) -> Result<(), OrganizationError> {
    if opening.variant.as_deref() != Some(MOVE) {
        return Err(OrganizationError::ChangeNotOffered);
    }
    if opening.subject == Uuid::from(opening.organization) {
        Ok(())
    } else {
        Err(OrganizationError::SubjectElsewhere)
    }
}

/// The difference, as the step brings it or the case holds it.
fn difference<'a>(question: &'a Question<'_>) -> Option<&'a str> {
    let given = question.given.get("org_diff");
    let held = || question.case.content("org_diff").map(|content| &content.value);
    given.or_else(held).and_then(Value::text)
}

/// What a proposal is about, as it stands.
struct Seen {
    moved: Option<Standing>,
    target: Option<Standing>,
    outlook: String,
}

impl Seen {
    /// Whether what was proposed is drawn up from what stands now: the version that the difference names, if it names
    /// one, and the version on which the proposal was taken down.
    fn rests_on(&self, basis: Option<&Basis>, difference: Option<&str>) -> bool {
        let Some(moved) = &self.moved else { return false };
        let named = difference
            .and_then(drawn_from)
            .is_none_or(|etag| etag == moved.etag());
        named && basis.is_none_or(|basis| basis.version == moved.version)
    }
}

impl Changes {
    async fn look(&self, read: &impl Reading, opening: &Opening) -> Result<Seen, RpcError> {
        let ids: Vec<_> = [opening.organization].into_iter().chain(opening.target).collect();
        let found = organizations::present(read, &ids).await?;
        let one = |id| found.iter().find(|one| Some(one.id) == id).cloned();
        let (moved, target) = (one(Some(opening.organization)), one(opening.target));
        let outlook = match (&moved, &target) {
            (Some(moved), Some(target)) => {
                let along = subtrees::paths(read, &moved.path, self.0.clock.today()).await?;
                outlook(&moved.path, &target.path, &along)
            }
            _ => String::new(),
        };
        Ok(Seen {
            moved,
            target,
            outlook,
        })
    }

    fn judge(&self, seen: &Seen) -> Result<(), OrganizationError> {
        let moved = seen.moved.as_ref().ok_or(OrganizationError::NotInExistence)?;
        let target = seen.target.as_ref().map(Standing::place);
        may_move(&moved.place(), target.as_ref(), self.0.clock.today())
    }

    /// Takes down what the proposal rests upon: all of it when it is drafted, a part when a document is changed.
    async fn drafted(&self, tx: &Tx, id: CaseId, case: &Case, edited: Option<&str>) -> Result<(), RpcError> {
        let known = proposals::get(tx, id).await?;
        let seen = self.look(tx, case.opening()).await?;
        let version = seen.moved.as_ref().map_or(0, |moved| moved.version);
        let fresh = Basis {
            version,
            outlook: seen.outlook.clone(),
        };
        let basis = match (edited, known) {
            (Some("org_diff"), Some(known)) => {
                let difference = case.content("org_diff").and_then(|content| content.value.text());
                if !seen.rests_on(None, difference) {
                    return Err(stale().into());
                }
                Basis { version, ..known }
            }
            (Some("access_delta"), Some(known)) => Basis {
                outlook: seen.outlook,
                ..known
            },
            (Some(_), _) => return Ok(()),
            (None, _) => fresh,
        };
        proposals::put(tx, id, basis).await
    }

    /// Moves the subtree, with its history: what was judged before is judged again while nobody else changes the tree.
    async fn take_effect(&self, tx: &Tx, id: CaseId, case: &Case) -> Result<(), RpcError> {
        let today = self.0.clock.today();
        let effective_on = match case.content("effective_on").map(|content| &content.value) {
            Some(Value::Date(day)) => *day,
            _ => today,
        };
        takes_effect(effective_on, today)?;
        subtrees::keep_alone(tx).await?;
        let seen = self.look(tx, case.opening()).await?;
        self.judge(&seen).map_err(|broken| {
            let zh = "变更后组织树不成立。";
            because(Refusal::new(Kind::Precondition, TREE_BROKEN, zh), broken)
        })?;
        let basis = proposals::get(tx, id).await?;
        if !seen.rests_on(basis.as_ref(), None) {
            return Err(stale().into());
        }
        if basis.is_none_or(|basis| basis.outlook != seen.outlook) {
            let zh = "组织树在征求意见后又有变化，请重新编制权限变化预览，再征求双方意见。";
            return Err(Refusal::new(Kind::Precondition, "PREVIEW_CHANGED", zh).into());
        }
        let (Some(moved), Some(target)) = (seen.moved, seen.target) else {
            return Err(OrganizationError::TargetUnknown.into());
        };
        let all = subtrees::shift(tx, &moved, &target, today).await?;
        events::organizations(tx, &all, today).await?;
        for concerned in moved.parent.into_iter().chain([moved.id, target.id]) {
            tx.concerns(concerned, moved.id.into());
        }
        Ok(())
    }
}

fn stale() -> Refusal {
    let zh = "该组织的信息已有变化，请按最新信息重新编制变更前后对照。";
    Refusal::new(Kind::Precondition, "BASE_VERSION_STALE", zh)
}
