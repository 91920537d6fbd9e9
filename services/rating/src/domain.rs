//! The rules of rating, one line each. Pure: facts, seeds and times are arguments.
//!
//! | rule | where |
//! |---|---|
//! | six dimensions, sixteen sub-items (S-302) | [`codes`] |
//! | what each service counts, and what its two numbers may be (S-302, S-323) | [`indicator`] |
//! | four kinds of item and five formulas (S-304) | [`item`] |
//! | conditions of caps, vetoes, thresholds, quota (S-306, S-307) | [`condition`] |
//! | weights, thresholds, caps, vetoes, quota, tie order (S-305…S-307, S-312) | [`rule`] |
//! | the template as data, its hash, its frozen form (S-303) | [`template`], read by [`source`] |
//! | what no template may do (S-302…S-305, S-307, S-312, S-323) | [`lint`] |
//! | points of what does not apply stay near (S-305) | [`pour`] |
//! | two numbers become points (S-304) | [`earn`] |
//! | base, plus, minus, review, total, star before the quota (S-305…S-307) | [`score`], over [`prepared`] |
//! | results under their names, quota applied (S-312, S-316) | [`results`] |
//! | every thousandth explained, evaluated again to the same bytes (X1) | [`explanation`] |
//! | pools, places, waiting list (S-312) | [`quota`] |
//! | who waits at which place, and who is next (S-312) | [`waiting`] |
//! | the published draw (X14) | [`draw`] |
//! | rating a file offline | [`offline`] |
//! | year, freeze day, who takes part (S-301, S-303) | [`cycle`] |
//! | marks of the debrief review (S-306) | [`marks`] |
//! | a branch from frozen facts to its name (S-301, S-307…S-312, S-315) | [`outcome`] |
//! | certificates and batches (S-311, X17) | [`naming`] |
//! | the ledger of findings (S-105, S-121) | [`ledger`] |
//! | what is wrong, and where | [`problem`] |

pub mod codes;
pub mod condition;
pub mod cycle;
mod digest;
pub mod draw;
pub mod earn;
pub mod explanation;
pub mod indicator;
pub mod item;
pub mod ledger;
pub mod lint;
pub mod marks;
pub mod naming;
pub mod offline;
pub mod outcome;
pub mod pour;
pub mod prepared;
pub mod problem;
pub mod quota;
pub mod results;
pub mod rule;
pub mod score;
mod sheet;
pub mod source;
pub mod template;
pub mod waiting;
