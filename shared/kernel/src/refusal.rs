//! How the suite says no. A refusal names one broken rule with its reason code and a Chinese sentence that
//! says what to do; a fault is ours and its text never leaves.

use std::{borrow::Cow, fmt, time::Duration};

/// What kind of no it is; each kind maps to one gRPC code in `wire` and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request itself is wrong, whatever the state (INVALID_ARGUMENT).
    Invalid,
    /// Absent, or hidden from this caller: the same answer (NOT_FOUND).
    NotFound,
    /// Exists already (ALREADY_EXISTS).
    Exists,
    /// Nobody is signed in, or the sign-in is no longer good (UNAUTHENTICATED).
    Unauthenticated,
    /// The caller may not, and may know that it exists (PERMISSION_DENIED).
    Denied,
    /// The state does not allow it; another step comes first (FAILED_PRECONDITION).
    Precondition,
    /// Somebody else was quicker; read again and decide again (ABORTED).
    Conflict,
    /// A limit is reached (RESOURCE_EXHAUSTED).
    Exhausted,
    /// A value lies outside what exists, such as an expired cursor (OUT_OF_RANGE).
    OutOfRange,
    /// A part that is needed does not answer; the same request may go through later (UNAVAILABLE).
    Unavailable,
    /// The time given is used up (DEADLINE_EXCEEDED).
    Late,
    /// Not offered here (UNIMPLEMENTED).
    Unimplemented,
}

/// One field that is wrong; all of them are answered at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field in the request, such as `rows[3].name`.
    pub field: String,
    /// Reason code of the rule, such as `STRING_MIN_LEN`.
    pub reason: Cow<'static, str>,
    /// The Chinese sentence.
    pub zh: String,
}

/// A broken rule, told to the caller. Services write one `thiserror` enum with a variant for each rule and
/// turn it into this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind, which decides the code.
    pub kind: Kind,
    /// The reason code in UPPER_SNAKE_CASE, stable for ever.
    pub reason: Cow<'static, str>,
    /// The sentence for people, in Chinese: what is wrong and what to do.
    pub zh: String,
    /// Machine-readable details; never personal data.
    pub metadata: Vec<(&'static str, String)>,
    /// Wrong fields, when there are any.
    pub fields: Vec<FieldError>,
    /// After what time the same request may go through; `None` where time alone changes nothing, or not known.
    pub again_after: Option<Duration>,
}

impl Refusal {
    /// A refusal without details.
    pub fn new(kind: Kind, reason: impl Into<Cow<'static, str>>, zh: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
            zh: zh.into(),
            metadata: Vec::new(),
            fields: Vec::new(),
            again_after: None,
        }
    }

    /// Adds after what time the same request may go through.
    #[must_use]
    pub fn again_after(mut self, pause: Duration) -> Self {
        self.again_after = Some(pause);
        self
    }

    /// Adds a machine-readable detail.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.metadata.push((key, value.to_string()));
        self
    }

    /// All wrong fields of a request, in one answer.
    #[must_use]
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let zh = format!(
            "有 {} 处填写不符合要求，请按提示逐项改正后重新提交。",
            fields.len()
        );
        Self {
            fields,
            ..Self::new(Kind::Invalid, "FIELDS_INVALID", zh)
        }
    }

    /// One wrong field.
    pub fn field(
        field: impl Into<String>,
        reason: impl Into<Cow<'static, str>>,
        zh: impl Into<String>,
    ) -> Self {
        Self::fields(vec![FieldError {
            field: field.into(),
            reason: reason.into(),
            zh: zh.into(),
        }])
    }

    /// Absent and hidden alike: one text, one size, whatever was asked for.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            Kind::NotFound,
            "NOT_FOUND",
            "没有找到，或者不在您的权限范围内。请核对编号。",
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        for field in &self.fields {
            write!(f, " {}={}", field.field, field.reason)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// Something of ours went wrong. Its text is for the log alone.
#[derive(Debug)]
pub struct Fault {
    what: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A fault with what was being done.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }

    /// A fault with what was being done and the error underneath.
    pub fn from(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            what: what.into(),
            source: Some(source.into()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        let mut source = self.source.as_deref().map(|e| e as &dyn std::error::Error);
        while let Some(e) = source {
            write!(f, ": {e}")?;
            source = e.source();
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

/// What a use case answers when it does not answer: a refusal to the caller, or a fault of ours.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// Told to the caller, logged as info.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Logged as error, answered as INTERNAL without its text.
    #[error("{0}")]
    Fault(#[from] Fault),
}

impl RpcError {
    /// The refusal in it, when it is one.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Fault(_) => None,
        }
    }
}
