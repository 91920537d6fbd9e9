//! The rules of member, one line each. All of them are pure: facts, days and ids are arguments.
//!
//! - [`identity`]: identity numbers, their check digit, the day of birth in them, the mask (N-02, N-24).
//! - [`codes`]: which codes of sex, ethnic group and education exist, and which fields the branch itself keeps
//!   (N-03, N-04, N-05, R-214).
//! - [`person`]: a person as the suite keeps him (N-09, N-10).
//! - [`intake`]: what a chunk of an import does to the persons that are known (N-02, R-204).
//! - [`membership`]: one primary branch at any instant, standing and exemption on a day.
//! - [`transfer`]: when a member may move to another branch of the county.
//! - [`strength`]: how many members a branch has, from each day on which that changes (S-107, R-101, R-102).
//! - [`cohort`]: counts by age and education, small cells suppressed (X18).
//! - [`dues`]: tiers on the whole base, when a month is paid in time.
//! - [`training`]: class hours reached by members and by officers.
//! - [`indicator`]: the counts that member answers for.
//! - [`development`]: steps of development cases, by the version of the rules of their day (R-131 to R-147, X6).

pub mod codes;
pub mod cohort;
pub mod development;
pub mod dues;
pub mod identity;
pub mod indicator;
pub mod intake;
pub mod membership;
pub mod person;
pub mod strength;
pub mod training;
pub mod transfer;
