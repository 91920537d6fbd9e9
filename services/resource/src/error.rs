//! Every rule of resource that can be broken, one variant each.

use kernel::{Kind, Refusal, RpcError};

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident $kind:ident $reason:literal $zh:literal;)*) => {
        /// A broken rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum ResourceError {
            $($(#[$doc])* #[error($reason)] $name,)*
        }

        impl From<ResourceError> for Refusal {
            fn from(error: ResourceError) -> Self {
                match error {
                    $(ResourceError::$name => Refusal::new(Kind::$kind, $reason, $zh),)*
                }
            }
        }
    };
}

errors! {
    /// An owner that is not known, or lies outside the organization of the import.
    OwnerUnknown Invalid "OWNER_UNKNOWN" "找不到所属组织，或不在本次导入的范围内，请核对。";
    /// The same external id stands in two rows of a chunk.
    RowRepeated Invalid "ROW_REPEATED" "本行与前面的行重复，请删去一行。";
    /// The external id names an offering outside the organization of the import.
    ExternalIdTaken Invalid "EXTERNAL_ID_TAKEN" "该外部编号已属于本次导入范围以外的资源，请核对编号。";
    /// A trainer with more than one place.
    CapacityNotOfKind Invalid "CAPACITY_NOT_OF_KIND" "师资一次只能接受一个预约，容量须为 1。";
    /// Capacity is to fall below what may be booked.
    CapacityInUse Invalid "CAPACITY_IN_USE" "该资源还有未结束的预约，不能减少容量，请待预约结束后再改。";
    /// An offering does not move to another library.
    KindChanged Invalid "KIND_CHANGED" "资源不能改换库别，请以新的编号另行申报。";
    /// A venue without its site.
    SiteMissing Invalid "SITE_MISSING" "阵地须填写对应的活动场所编号。";
    /// A site on something that is no venue.
    SiteNotOfKind Invalid "SITE_NOT_OF_KIND" "只有阵地填写活动场所编号，请删去。";
    /// The span has begun already.
    StartInPast Precondition "START_IN_PAST" "开始时间已过，请选择以后的时间。";
    /// The span lies too far ahead.
    StartTooFar Precondition "START_TOO_FAR" "最多提前两年预约，请选择较近的时间。";
    /// One offering stands twice at the same time.
    ResourceTwice Invalid "RESOURCE_TWICE" "同一资源在同一时间出现了两次，请合并为一行。";
    /// More than one of what is exclusive.
    QuantityNotOne Invalid "QUANTITY_NOT_ONE" "该资源为独占使用，数量须为 1。";
    /// Somebody else has it then.
    ResourceTaken Precondition "RESOURCE_TAKEN" "该资源在这一时间已被预约。请按提示的空闲时间另选，或加入候补。";
    /// Not so many copies are free then.
    StockExhausted Precondition "STOCK_EXHAUSTED" "该资料在这一时间余量不足。请减少数量、另选时间，或加入候补。";
    /// Not so many seats are free then.
    SeatsExhausted Precondition "SEATS_EXHAUSTED" "该资源在这一时间余位不足。请减少数量、另选时间，或加入候补。";
    /// It is no longer in the library.
    ResourceRetired Precondition "RESOURCE_RETIRED" "该资源已出库，不能预约，请另选。";
    /// It is not in the library yet.
    ResourceNotAdmitted Precondition "RESOURCE_NOT_ADMITTED" "该资源尚未入库，待审核入库后方可预约。";
    /// The hold ran out.
    HoldExpired Precondition "HOLD_EXPIRED" "预约保留时间已过，资源已释放，请重新预约。";
    /// It is confirmed already.
    AlreadyConfirmed Precondition "ALREADY_CONFIRMED" "该预约已经确认，无须再次确认。";
    /// It has ended.
    BookingClosed Precondition "BOOKING_CLOSED" "该预约已经结束，不能再改。";
    /// It has begun.
    AlreadyStarted Precondition "ALREADY_STARTED" "该预约已经开始，不能取消。";
    /// It is not confirmed.
    NotConfirmed Precondition "NOT_CONFIRMED" "只有已确认的预约可以登记到场，请核对预约状态。";
    /// It has not begun.
    NotStarted Precondition "NOT_STARTED" "预约尚未开始，请在开始后登记到场。";
    /// There is nothing to wait for.
    FreeNow Precondition "FREE_NOW" "所需资源现在空闲，请直接预约。";
    /// The organization waits for the same already.
    AlreadyWaiting Precondition "ALREADY_WAITING" "本组织已在候补同样的资源，请等候通知。";
    /// It was not kept.
    NotKept Precondition "NOT_KEPT" "使用之后方可评价，请先登记到场。";
    /// Feedback was given already.
    FeedbackGiven Precondition "FEEDBACK_GIVEN" "该预约已经评价过，每个预约评价一次。";
}

impl From<ResourceError> for RpcError {
    fn from(error: ResourceError) -> Self {
        Self::Refused(error.into())
    }
}
