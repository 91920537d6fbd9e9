//! Every rule of rating that can be broken, one variant each. What is wrong in a template or a file of facts has
//! its own words ([`crate::domain::problem`], [`crate::domain::explanation::ExplanationRefused`]).

use kernel::{
    Day, Kind, Period, Refusal, RpcError,
    id::{CycleId, OrganizationId, RecordId},
};

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// A cycle is opened for another organization than a county (S-301).
    #[error("only a county has a cycle")]
    NotACounty,
    /// The county has a cycle of that year (S-301).
    #[error("the county has a cycle of that year")]
    CycleExists(CycleId),
    /// The year is long over, or far off.
    #[error("a cycle is of the last year, this one or the next")]
    YearOutOfReach {
        /// The last year.
        last: i32,
        /// The next year.
        next: i32,
    },
    /// Facts would be frozen before the year is over, long after it, or on a day that is past.
    #[error("facts would be frozen outside of the year after")]
    FreezeOutsideWindow(Period),
    /// The freeze day is still to come.
    #[error("the freeze day is still to come")]
    FreezeTooEarly(Day),
    /// The facts of the branch are not frozen yet.
    #[error("the facts are not frozen yet")]
    NotFrozen,
    /// The branch is not rated in this cycle.
    #[error("the branch is not rated in this cycle")]
    NotRated,
    /// The review marks were not entered (S-306).
    #[error("the review marks were not entered")]
    MarksMissing,
    /// The committee is not the branch's superior.
    #[error("the committee is not the superior of the branch")]
    NotItsSuperior,
    /// The branch has no open case in the cycle.
    #[error("the branch has no open case in the cycle")]
    NoOpenCase,
    /// Marks cannot change once the debrief is closed (X11).
    #[error("marks cannot change after the debrief")]
    DebriefTaken,
    /// The same branch or finding stands in two rows.
    #[error("the row stands twice")]
    RowRepeated,
    /// The branch is unknown, or outside the organization of the request.
    #[error("the branch is not known here")]
    BranchUnknown,
    /// The finding is known for another branch.
    #[error("the finding is known for another branch")]
    BranchChanged,
    /// A day that has not come.
    #[error("on a day that has not come")]
    DayInFuture,
    /// Found when the branch did not exist.
    #[error("found when the branch did not exist")]
    DayOutsideExistence,
    /// A deadline longer after the finding than any that is set.
    #[error("the deadline is out of reach")]
    DueOutOfReach,
    /// A deadline before the finding.
    #[error("the deadline lies before the finding")]
    DueBeforeFound,
    /// Closed before it was found.
    #[error("closed before it was found")]
    ClosedBeforeFound,
    /// Closing needs who closed it and who confirmed it (S-121).
    #[error("closing needs a second person")]
    SecondPersonMissing,
    /// Who closes does not confirm (S-121).
    #[error("closed and confirmed by the same person")]
    ConfirmedBySamePerson,
    /// Closing needs what shows that it is mended (S-121).
    #[error("closing needs evidence")]
    ClosingEvidenceMissing,
    /// A mark outside of 0 to 100.
    #[error("a mark outside of 0 to 100")]
    MarkOutOfRange,
    /// The meeting is no debrief of the branch that was held and assessed.
    #[error("the meeting is no debrief of the branch")]
    MeetingNotADebrief,
    /// What is known here of the tree is older than the tree.
    #[error("the tree is known here as it was a moment ago")]
    TreeBehind,
    /// A screening of a day to come.
    #[error("the day of the screening is still to come")]
    ScreeningInFuture,
    /// A screening of a day before the organization existed, or long ago.
    #[error("the day of the screening lies too far back")]
    ScreeningBeforeRecords(Day),
    /// No pool of the quota is resolved (S-312).
    #[error("no pool is resolved")]
    PoolNotResolved {
        /// Branches that are waited for.
        waiting: usize,
    },
    /// The place on the waiting list is not the one that the quota gave, which is 0 for whoever does not wait (S-312).
    #[error("the place on the waiting list is another one")]
    WaitingRankDiffers(u64),
    /// None of the places is free for the branch (S-312).
    #[error("no place is free")]
    NoPlaceFree,
    /// A branch before it still waits (S-312).
    #[error("a branch before it still waits")]
    OthersWaitBefore(OrganizationId),
    /// The seed is not the one committed to (X14).
    #[error("the seed is not the one committed to")]
    DrawNotRevealed,
    /// The publicity of the branch has not ended (S-311).
    #[error("the publicity has not ended")]
    PublicityNotEnded(OrganizationId),
    /// An objection is open (S-311).
    #[error("an objection is open")]
    ObjectionOpen(OrganizationId),
    /// The decision on the branch is in a batch.
    #[error("the branch is in a batch already")]
    AlreadyInBatch(OrganizationId),
    /// Five stars are named by the county whose cycle it is (S-309, S-310).
    #[error("five stars are named by the county")]
    StarAboveAuthority(OrganizationId),
    /// Four stars and fewer are named by the superior of the branch or by the county (S-311).
    #[error("others name the branch")]
    NamedByOthers(OrganizationId),
    /// The certificate is signed, and the branch is not named yet (S-311).
    #[error("the branch is not named yet")]
    NotNamedYet(RecordId),
    /// A branch stands twice in the batch.
    #[error("the branch stands twice in the batch")]
    BranchRepeated(OrganizationId),
    /// A peer that is needed does not answer, or answers what cannot be.
    #[error("{0} does not answer")]
    PeerUnavailable(&'static str),
}

impl From<RatingError> for Refusal {
    fn from(error: RatingError) -> Self {
        use RatingError as E;
        let plain = |kind, reason: &'static str, zh: &str| Self::new(kind, reason, zh);
        let branch = |kind, reason: &'static str, zh: &str, id: OrganizationId| {
            Self::new(kind, reason, zh).with("branch_id", id)
        };
        match error {
            E::NotACounty => plain(
                Kind::Precondition,
                "NOT_A_COUNTY",
                "评星定级由县级地方党委启动，请选择县（市、区）委。",
            ),
            E::CycleExists(id) => {
                let zh = "该年度的评星定级已经启动，请继续使用已有的评定周期。";
                plain(Kind::Exists, "CYCLE_EXISTS", zh).with("cycle_id", id)
            }
            E::YearOutOfReach { last, next } => {
                let zh = format!("只能启动 {last} 年至 {next} 年的评星定级，请核对年度。");
                Self::field("year", "YEAR_OUT_OF_REACH", zh)
            }
            E::FreezeOutsideWindow(window) => {
                let (first, last) = (window.first(), window.last());
                let zh = format!(
                    "数据冻结日须在被评年度的次年之内，且不早于今天：请在 {first} 至 {last} 之间选择。"
                );
                Self::field("freeze_day", "FREEZE_OUTSIDE_WINDOW", zh)
            }
            E::FreezeTooEarly(day) => {
                let zh = format!("冻结日为 {day}，尚未到期，请届时再冻结。");
                plain(Kind::Precondition, "FREEZE_TOO_EARLY", &zh).with("freeze_day", day)
            }
            E::NotFrozen => plain(Kind::Precondition, "NOT_FROZEN", "指标尚未冻结完毕，请稍后再试。"),
            E::NotRated => plain(
                Kind::Precondition,
                "NOT_RATED",
                "该支部本轮不参评，原因见评定周期。",
            ),
            E::MarksMissing => plain(
                Kind::Precondition,
                "MARKS_MISSING",
                "尚未录入述职评议得分，请先由上级党委录入。",
            ),
            E::NotItsSuperior => plain(
                Kind::Invalid,
                "NOT_ITS_SUPERIOR",
                "该支部不由本党委直接管理，请由其上级党委录入。",
            ),
            E::NoOpenCase => plain(
                Kind::Precondition,
                "NO_OPEN_CASE",
                "该支部本轮没有在办的评星定级，请核对周期。",
            ),
            E::DebriefTaken => plain(
                Kind::Precondition,
                "DEBRIEF_TAKEN",
                "述职评议已经办结，评议得分不能再改。",
            ),
            E::RowRepeated => plain(Kind::Invalid, "ROW_REPEATED", "本行与前面的行重复，请删去一行。"),
            E::BranchUnknown => plain(
                Kind::Invalid,
                "BRANCH_UNKNOWN",
                "找不到该支部，或者不在本次办理的范围内，请核对编号。",
            ),
            E::BranchChanged => plain(
                Kind::Invalid,
                "BRANCH_CHANGED",
                "该问题已登记在另一支部名下，请核对编号，或以新编号登记。",
            ),
            E::DayInFuture => plain(
                Kind::Invalid,
                "DAY_IN_FUTURE",
                "该日期还没有到，请在事情发生以后再登记，或者核对日期。",
            ),
            E::DayOutsideExistence => plain(
                Kind::Invalid,
                "DAY_OUTSIDE_EXISTENCE",
                "当天该党支部尚未成立或已撤销，请核对日期。",
            ),
            E::DueOutOfReach => plain(
                Kind::Invalid,
                "DUE_OUT_OF_REACH",
                "整改期限最长为发现之日起三年，请核对。",
            ),
            E::DueBeforeFound => plain(
                Kind::Invalid,
                "DUE_BEFORE_FOUND",
                "整改期限早于发现日期，请核对。",
            ),
            E::ClosedBeforeFound => plain(
                Kind::Invalid,
                "CLOSED_BEFORE_FOUND",
                "销号日期早于发现日期，请核对。",
            ),
            E::SecondPersonMissing => plain(
                Kind::Invalid,
                "SECOND_PERSON_MISSING",
                "销号须同时写明销号人、核验人和销号日期。",
            ),
            E::ConfirmedBySamePerson => plain(
                Kind::Invalid,
                "CONFIRMED_BY_SAME_PERSON",
                "销号人与核验人不能是同一人，请由另一人核验。",
            ),
            E::ClosingEvidenceMissing => plain(
                Kind::Invalid,
                "CLOSING_EVIDENCE_MISSING",
                "销号须写明整改佐证材料，请补充。",
            ),
            E::MarkOutOfRange => plain(
                Kind::Invalid,
                "MARK_OUT_OF_RANGE",
                "评议分须在 0 至 100 之间，请核对。",
            ),
            E::MeetingNotADebrief => plain(
                Kind::Invalid,
                "MEETING_NOT_A_DEBRIEF",
                "该会议不是本支部已开展测评的述职评议，请核对会议编号。",
            ),
            E::TreeBehind => plain(Kind::Unavailable, "TREE_BEHIND", "组织数据正在同步，请稍后重试。"),
            E::ScreeningInFuture => {
                let zh = "排查日期尚未到来，请填写今天或以前的日期。";
                Self::field("on", "SCREENING_IN_FUTURE", zh)
            }
            E::ScreeningBeforeRecords(first) => {
                let zh = format!("只能排查组织成立以后、最近一年以内的情况，请选择 {first} 或以后的日期。");
                Self::field("on", "SCREENING_BEFORE_RECORDS", zh)
            }
            E::PoolNotResolved { waiting } => {
                let zh = format!("还有 {waiting} 个支部未经党委研究，名额暂不能分配。");
                plain(Kind::Precondition, "POOL_NOT_RESOLVED", &zh).with("waiting", waiting)
            }
            E::WaitingRankDiffers(rank) => {
                let zh = match rank {
                    0 => "名额分配没有把该支部列入候补，不能列入候补。请先分配名额，或按名额提出拟命名。"
                        .to_owned(),
                    rank => format!("候补名次与名额分配排定的不符，请填写第 {rank} 名。"),
                };
                plain(Kind::Precondition, "WAITING_RANK_DIFFERS", &zh).with("waiting_rank", rank)
            }
            E::NoPlaceFree => plain(
                Kind::Precondition,
                "NO_PLACE_FREE",
                "五星名额没有空出，暂不能递补。请等名额内的支部退出后再办。",
            ),
            E::OthersWaitBefore(id) => branch(
                Kind::Precondition,
                "OTHERS_WAIT_BEFORE",
                "还有候补名次在前的支部没有递补，请先办理名次在前的支部。",
                id,
            ),
            E::DrawNotRevealed => plain(
                Kind::Invalid,
                "DRAW_NOT_REVEALED",
                "抽签种子与启动时公布的承诺不符，请核对。",
            ),
            E::PublicityNotEnded(id) => branch(
                Kind::Precondition,
                "PUBLICITY_NOT_ENDED",
                "有支部的公示尚未期满，不能命名。",
                id,
            ),
            E::ObjectionOpen(id) => branch(
                Kind::Precondition,
                "OBJECTION_OPEN",
                "有支部的异议尚未答复，不能命名。",
                id,
            ),
            E::AlreadyInBatch(id) => branch(
                Kind::Exists,
                "ALREADY_IN_BATCH",
                "有支部本轮已经列入命名批次，请按该批次办理命名。",
                id,
            ),
            E::StarAboveAuthority(id) => branch(
                Kind::Precondition,
                "STAR_ABOVE_AUTHORITY",
                "五星级由县级命名，请由启动本轮评星定级的县（市、区）委签署命名批次。",
                id,
            ),
            E::NamedByOthers(id) => branch(
                Kind::Precondition,
                "NAMED_BY_OTHERS",
                "四星及以下由支部的上级党委或启动本轮评星定级的县（市、区）委命名，请由其签署命名批次。",
                id,
            ),
            E::NotNamedYet(id) => plain(
                Kind::Precondition,
                "NOT_NAMED_YET",
                "证书已在命名批次中签署，支部尚未命名，请先办理统一命名。",
            )
            .with("batch_id", id),
            E::BranchRepeated(id) => {
                branch(Kind::Invalid, "BRANCH_REPEATED", "同一支部在名单中出现两次。", id)
            }
            E::PeerUnavailable(peer) => {
                let zh = "取数的服务暂时没有应答，请稍后用同一请求编号重试。";
                plain(Kind::Unavailable, "PEER_UNAVAILABLE", zh).with("peer", peer)
            }
        }
    }
}

impl From<RatingError> for RpcError {
    fn from(error: RatingError) -> Self {
        Self::Refused(error.into())
    }
}
