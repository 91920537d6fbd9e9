//! The one place where a refusal or a fault becomes a `Status`.

use std::{collections::HashMap, time::Duration};

use kernel::{Kind, Refusal, RpcError, id::RecordId};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// The domain of every reason code.
pub const DOMAIN: &str = "zhibu";

/// Answers a refusal with its reason, its fields and its Chinese sentence; logs a fault under an incident id
/// and answers that alone.
#[must_use]
pub fn status(error: RpcError) -> Status {
    match error {
        RpcError::Refused(refusal) => {
            tracing::info!(reason = %refusal.reason, "refused");
            refused(&refusal)
        }
        RpcError::Fault(fault) => {
            let incident = RecordId::new();
            tracing::error!(%incident, error = %fault, "fault");
            let zh = "系统内部出错，已经记录。请稍后重试；如仍不行，请把事件编号告诉管理员。";
            let metadata = HashMap::from([("incident".to_owned(), incident.to_string())]);
            build(Code::Internal, "INTERNAL", zh, metadata, Vec::new(), None)
        }
    }
}

fn refused(refusal: &Refusal) -> Status {
    let metadata = refusal
        .metadata
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    let fields = refusal
        .fields
        .iter()
        .map(|f| FieldViolation::new(f.field.clone(), format!("{}: {}", f.reason, f.zh)))
        .collect();
    build(
        code(refusal.kind),
        &refusal.reason,
        &refusal.zh,
        metadata,
        fields,
        refusal.again_after,
    )
}

fn build(
    code: Code,
    reason: &str,
    zh: &str,
    metadata: HashMap<String, String>,
    fields: Vec<FieldViolation>,
    again_after: Option<Duration>,
) -> Status {
    let mut details = ErrorDetails::new();
    details
        .set_error_info(reason, DOMAIN, metadata)
        .set_localized_message("zh-CN", zh);
    if !fields.is_empty() {
        details.set_bad_request(fields);
    }
    if again_after.is_some() {
        details.set_retry_info(again_after);
    }
    Status::with_error_details(code, zh, details)
}

/// The code of a kind of refusal.
#[must_use]
pub fn code(kind: Kind) -> Code {
    match kind {
        Kind::Invalid => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::Exists => Code::AlreadyExists,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::Denied => Code::PermissionDenied,
        Kind::Precondition => Code::FailedPrecondition,
        Kind::Conflict => Code::Aborted,
        Kind::Exhausted => Code::ResourceExhausted,
        Kind::OutOfRange => Code::OutOfRange,
        Kind::Unavailable => Code::Unavailable,
        Kind::Late => Code::DeadlineExceeded,
        Kind::Unimplemented => Code::Unimplemented,
    }
}

/// What a peer's status says, as far as it may be passed on: its reason and sentence when it is a refusal of
/// the suite, otherwise that the part does not answer.
#[must_use]
pub fn refusal_of(status: &Status) -> RpcError {
    let details = status.get_error_details();
    let kind = match status.code() {
        Code::InvalidArgument => Kind::Invalid,
        Code::NotFound => Kind::NotFound,
        Code::AlreadyExists => Kind::Exists,
        Code::FailedPrecondition => Kind::Precondition,
        Code::Aborted => Kind::Conflict,
        Code::ResourceExhausted => Kind::Exhausted,
        Code::OutOfRange => Kind::OutOfRange,
        Code::DeadlineExceeded => Kind::Late,
        Code::Unavailable | Code::Cancelled => Kind::Unavailable,
        _ => {
            let what = format!("a peer answered {:?}: {}", status.code(), status.message());
            return RpcError::Fault(kernel::Fault::new(what));
        }
    };
    let reason = details
        .error_info()
        .map_or_else(|| "PEER_UNAVAILABLE".to_owned(), |info| info.reason.clone());
    let zh = details.localized_message().map_or_else(
        || "所需的另一项服务暂时没有回应，请稍后重试。".to_owned(),
        |message| message.message.clone(),
    );
    RpcError::Refused(Refusal {
        again_after: details.retry_info().and_then(|info| info.retry_delay),
        ..Refusal::new(kind, reason, zh)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_reason_domain_fields_and_the_chinese_sentence() {
        let status = status(Refusal::field("rows[3].name", "STRING_MIN_LEN", "此项不能为空。").into());
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let info = details.error_info().expect("info");
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            ("FIELDS_INVALID", "zhibu")
        );
        assert_eq!(
            details.bad_request().expect("fields").field_violations[0].field,
            "rows[3].name"
        );
        assert_eq!(details.localized_message().expect("message").locale, "zh-CN");
    }

    #[test]
    fn a_refusal_says_after_what_time_to_come_again_and_a_peer_passes_it_on() {
        let pause = Duration::from_millis(1500);
        let refusal = Refusal::new(Kind::Exhausted, "RATE_LIMITED", "请稍候。").again_after(pause);
        let status = status(refusal.into());
        let told = |status: &Status| {
            status
                .get_error_details()
                .retry_info()
                .and_then(|info| info.retry_delay)
        };
        assert_eq!(told(&status), Some(pause));
        assert_eq!(
            refusal_of(&status).refusal().and_then(|r| r.again_after),
            Some(pause)
        );
        assert_eq!(told(&super::status(Refusal::not_found().into())), None);
    }

    #[test]
    fn the_text_of_a_fault_never_leaves() {
        let status = status(RpcError::Fault(kernel::Fault::new("password=secret")));
        assert_eq!(status.code(), Code::Internal);
        assert!(!format!("{status:?}").contains("secret"));
    }

    #[test]
    fn a_refusal_of_a_peer_is_passed_on_with_its_reason() {
        let there = status(Refusal::new(Kind::Precondition, "QUORUM_NOT_MET", "到会人数不足。").into());
        let here = refusal_of(&there);
        assert_eq!(here.refusal().map(|r| r.reason.as_ref()), Some("QUORUM_NOT_MET"));
    }
}
