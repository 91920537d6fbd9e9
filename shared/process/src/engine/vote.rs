//! Votes (process.md part 4). Integers only; the base is 应到, never 实到, unless the rule says so;
//! abstaining is not approving.

use kernel::Day;
use serde::{Deserialize, Serialize};

use super::{
    circumstances::{Circumstances, OutOfBounds},
    entry::Outcome,
    event::Refused,
};
use crate::definition::tables::{Compare, Setting, Share, VoteRule};

/// The numbers of a vote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// 应到: entitled to vote.
    pub entitled: u32,
    /// 实到: present.
    pub present: u32,
    /// In favour, of those present.
    pub yes: u32,
    /// Against, of those present.
    pub against: u32,
    /// Abstaining, of those present.
    pub abstain: u32,
    /// Written opinions in favour of people who are not there: votes, not presence.
    pub written: u32,
    /// Ballots given out.
    pub issued: u32,
    /// Ballots given back.
    pub returned: u32,
    /// Seats to fill.
    pub seats: u32,
    /// Votes of each candidate.
    pub votes: Vec<u32>,
}

/// How the vote came out under the rule; refused when it could not be held or its numbers cannot be.
pub fn count(c: &Circumstances<'_>, rule: &str, vote: &Vote, on: Day) -> Result<Outcome, Refused> {
    let rule = rule_of(c, rule)?;
    let quorum = rule.quorum.as_ref().map_or(Ok(true), |share| {
        reaches(c, share, vote.present, vote.entitled, on)
    })?;
    if !quorum {
        return Err(Refused::new("QUORUM_NOT_MET"));
    }
    if impossible(rule, vote) {
        return Err(Refused::new("VOTE_IMPOSSIBLE"));
    }
    if rule.election {
        if vote.returned > vote.issued {
            return Err(Refused::new("BALLOTS_EXCEED"));
        }
        return elected(c, rule, vote, on);
    }
    let approving = vote.yes + if rule.written { vote.written } else { 0 };
    Ok(if carries(c, rule, approving, vote, on)? {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

/// The rule itself; of `branch_body` that of the committee, or of the assembly where there is none.
fn rule_of<'a>(c: &Circumstances<'a>, rule: &str) -> Result<&'a VoteRule, Refused> {
    let unknown = || Refused::new("FACT_MISSING").about(rule);
    let found = c.definitions.tables.vote.get(rule).ok_or_else(unknown)?;
    let (Some(with), Some(without)) = (&found.with_committee, &found.without_committee) else {
        return Ok(found);
    };
    let has_committee = c
        .facts
        .get("has_committee")
        .and_then(super::value::Value::flag)
        .ok_or_else(|| Refused::new("FACT_MISSING").about("has_committee"))?;
    c.definitions
        .tables
        .vote
        .get(if has_committee { with } else { without })
        .ok_or_else(unknown)
}

fn impossible(rule: &VoteRule, vote: &Vote) -> bool {
    let written = if rule.written { u64::from(vote.written) } else { 0 };
    let cast = u64::from(vote.yes) + u64::from(vote.against) + u64::from(vote.abstain);
    let room = u64::from(vote.present);
    if vote.entitled == 0 || room + written > u64::from(vote.entitled) || cast > room {
        return true;
    }
    let ballots = u64::from(vote.returned);
    let marks: u64 = vote.votes.iter().map(|n| u64::from(*n)).sum();
    rule.election
        && (u64::from(vote.issued) > room
            || vote.seats == 0
            || vote.votes.iter().any(|n| u64::from(*n) > ballots)
            || marks > ballots * u64::from(vote.seats))
}

/// Most votes among those over the bound: equal votes for the last seat are a tie, too few are a shortage.
fn elected(c: &Circumstances<'_>, rule: &VoteRule, vote: &Vote, on: Day) -> Result<Outcome, Refused> {
    let mut over = Vec::new();
    for n in &vote.votes {
        if carries(c, rule, *n, vote, on)? {
            over.push(*n);
        }
    }
    over.sort_unstable_by(|a, b| b.cmp(a));
    let seats = usize::try_from(vote.seats).unwrap_or(usize::MAX);
    Ok(match (over.get(seats.saturating_sub(1)), over.get(seats)) {
        (None, _) => Outcome::Failed,
        (Some(last), Some(next)) if last == next => Outcome::Tied,
        (Some(_), _) => Outcome::Done,
    })
}

fn carries(
    c: &Circumstances<'_>,
    rule: &VoteRule,
    votes: u32,
    vote: &Vote,
    on: Day,
) -> Result<bool, Refused> {
    let Some(share) = &rule.pass else { return Ok(false) };
    let base = match base_of(c, rule, on)?.as_str() {
        "present" => vote.present,
        _ => vote.entitled,
    };
    Ok(reaches(c, share, votes, base, on)?)
}

fn base_of(c: &Circumstances<'_>, rule: &VoteRule, on: Day) -> Result<String, OutOfBounds> {
    let of = rule.of.as_deref().unwrap_or("entitled");
    let Some(name) = of.strip_prefix('$') else {
        return Ok(of.to_owned());
    };
    match c.parameters.at(c.definitions, name, on)? {
        Setting::Code(code) => Ok(code),
        Setting::Int(_) => Err(OutOfBounds(name.to_owned())),
    }
}

fn reaches(
    c: &Circumstances<'_>,
    share: &Share,
    part: u32,
    whole: u32,
    on: Day,
) -> Result<bool, OutOfBounds> {
    let strict = match &share.2 {
        Compare::AtLeast => false,
        Compare::MoreThan => true,
        Compare::Flag(flag) => c.number(flag, on)? != 0,
    };
    let (part, bound) = (i64::from(part) * share.1, i64::from(whole) * share.0);
    Ok(part > bound || (!strict && part == bound))
}
