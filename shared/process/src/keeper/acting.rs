//! Doing something to a case: facts first, then one unit of work in which the engine judges and what it says is
//! appended, with the owner's effects, the event and the audit entry.

use access::{Authorized, Caller, Standing};
use kernel::{Day, Fault, Kind, Refusal, RpcError, id::CaseId, id::OrganizationId};
use storage::Tx;

use super::{Done, Keeper, Kept, convert, rows};
use crate::engine::{Act, Actor, Answer, Case, Entry, Event, Facts, Parameters, What, advance, judge};

/// What a person does to a case.
pub(super) struct Deed {
    /// Business date; today when absent.
    pub(super) on: Option<Day>,
    /// The revision that was seen; not compared when absent.
    pub(super) seen: Option<u32>,
    /// In the name of which organization; the one that fits when absent.
    pub(super) at: Option<OrganizationId>,
    /// How many objections of his to the case may be open at a time; any number when absent.
    pub(super) most_open: Option<usize>,
    /// What.
    pub(super) act: Act,
}

impl Deed {
    /// Today, whatever was seen, in the name of the organization that fits.
    pub(super) fn of(act: Act) -> Self {
        Self {
            on: None,
            seen: None,
            at: None,
            most_open: None,
            act,
        }
    }
}

impl Keeper {
    /// Does something to a case in a person's name: facts first, then one unit of work.
    pub(super) async fn act<T, A: prost::Message>(
        &self,
        request: &Authorized<T>,
        kept: Kept,
        deed: Deed,
        answer: impl FnOnce(&Done) -> A,
    ) -> Result<A, RpcError> {
        let on = self.day(deed.on)?;
        let facts = self.asked(&kept, &deed.act, on, request.deadline()).await?;
        let by = actor(request.caller(), deed.at, on);
        let event = Event {
            on,
            by,
            seen: deed.seen,
            key: None,
            act: deed.act,
        };
        let tx = self.store.begin(request).await?;
        // Facts were asked before the transaction; the case itself is read again inside it.
        let kept = match kept.case.entries().is_empty() {
            true => kept,
            false => self.get(&tx, kept.id).await?,
        };
        within(deed.most_open, &kept.case, &event.by)?;
        let facts = self
            .asked_again(&tx, &kept, (&event.act, on), request.deadline(), facts)
            .await?;
        let facts = self.with_open_cases(&tx, &kept, facts).await?;
        let (id, organization) = (kept.id, kept.case.organization());
        match self.judged(&tx, kept.clone(), &event, facts).await {
            Ok(done) => {
                tx.concerns(organization, id.into());
                let answer = answer(&done);
                tx.commit(answer).await
            }
            Err(refused) => {
                drop(tx);
                self.let_fall_due(id, on).await?;
                Err(self
                    .explained(&kept, (&event.act, on), request.deadline(), refused)
                    .await)
            }
        }
    }

    /// Records what fell due in a case before a day, whatever was refused on it.
    async fn let_fall_due(&self, id: CaseId, on: Day) -> Result<(), RpcError> {
        let tx = self.store.work("process").await?;
        let Some(mut kept) = rows::get(&tx, id).await? else {
            return Ok(());
        };
        if self.fall_due(&tx, &mut kept, on).await? {
            tx.commit(()).await?;
        }
        Ok(())
    }

    /// Appends what fell due in a case before a day; says whether there was anything.
    pub(super) async fn fall_due(&self, tx: &Tx, kept: &mut Kept, before: Day) -> Result<bool, RpcError> {
        let tree = self.tree(&kept.case);
        let (parameters, facts) = (Parameters::default(), Facts::default());
        let late = advance(
            &self.circumstances(&tree, &parameters, &facts),
            &kept.case,
            before,
        );
        let late = late.map_err(|out| Fault::new(format!("parameter {out:?}")))?;
        if late.is_empty() {
            return Ok(false);
        }
        self.append(tx, kept, late).await?;
        Ok(true)
    }

    /// Judges an event and appends what the engine says of it.
    pub(super) async fn judged(
        &self,
        tx: &Tx,
        mut kept: Kept,
        event: &Event,
        facts: Facts,
    ) -> Result<Done, RpcError> {
        let tree = self.tree(&kept.case);
        let parameters = Parameters::default();
        let judgement = judge(&self.circumstances(&tree, &parameters, &facts), &kept.case, event);
        let accepted = match judgement.answer {
            Answer::Accepted(entries) => entries,
            Answer::Replayed(_) => Vec::new(),
            Answer::Refused(refused) => {
                let refusal = refused.refusal(self.definitions);
                return Err(convert::refused_on(refusal, &kept.case).into());
            }
        };
        let before = kept.case.entries().len();
        let entries: Vec<Entry> = judgement.late.into_iter().chain(accepted).collect();
        self.append(tx, &mut kept, entries).await?;
        let new = kept.case.entries().get(before..).unwrap_or_default();
        let findings = new.iter().flat_map(findings).collect();
        let voided = new.iter().flat_map(|entry| &entry.voided);
        let voided =
            voided.filter_map(|seq| Some(kept.case.entries().get(*seq as usize)?.done()?.to_owned()));
        let voided = voided.collect();
        Ok(Done {
            kept,
            findings,
            voided,
        })
    }

    async fn append(&self, tx: &Tx, kept: &mut Kept, entries: Vec<Entry>) -> Result<(), RpcError> {
        let seen = kept.case.entries().len();
        kept.case.append(entries.clone());
        let standing = self.standing(&kept.case)?;
        rows::save(tx, kept, seen, &standing).await?;
        for entry in &entries {
            self.owner.on_entry(tx, kept.id, &kept.case, entry).await?;
        }
        let version = u64::try_from(kept.case.entries().len()).unwrap_or(u64::MAX);
        let record = convert::case(self.definitions, kept);
        tx.event(
            rows::event_kind(self.store.service()),
            kept.id.into(),
            kept.case.organization(),
            version,
            &record,
        );
        Ok(())
    }
}

/// Whoever is bounded has fewer objections open than that. An objection in time is always taken (process.md part 5, 8):
/// who has reached the bound may say more once some are answered.
fn within(most_open: Option<usize>, case: &Case, by: &Actor) -> Result<(), Refusal> {
    let his = |(raised, _): &(&Entry, &str)| by.person.is_some() && raised.person == by.person;
    match most_open {
        Some(most) if case.open_objections().filter(his).count() >= most => Err(Refusal::new(
            Kind::Precondition,
            "OBJECTION_PENDING",
            format!("您对此案已有 {most} 件异议尚未答复，请待答复后再提。"),
        )),
        _ => Ok(()),
    }
}

/// Who acts, as the engine knows him.
pub(super) fn actor(caller: &Caller, at: Option<OrganizationId>, on: Day) -> Actor {
    let person = match caller.standing {
        Standing::Person => caller.subject.parse().ok(),
        _ => None,
    };
    let holds = caller
        .grants_on(on)
        .map(|grant| (grant.role, grant.organization))
        .collect();
    Actor {
        person,
        holds,
        system: false,
        at,
    }
}

/// What an entry recorded.
pub(super) fn findings(entry: &Entry) -> Vec<String> {
    match &entry.what {
        What::Step { warnings, .. } => warnings.clone(),
        What::Late { finding, .. } => finding.iter().cloned().collect(),
        _ => Vec::new(),
    }
}
