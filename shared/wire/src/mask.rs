//! Field masks: the caller names the fields that he wants.

use kernel::FieldError;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use prost_types::FieldMask;

/// Keeps the fields that the mask names; everything when it is absent or empty. A path that is not a field
/// of the message is refused.
pub fn keep<T: ReflectMessage + Default>(message: T, mask: Option<&FieldMask>) -> Result<T, FieldError> {
    let wrong = |zh| FieldError {
        field: "read_mask".into(),
        reason: "UNKNOWN_FIELD".into(),
        zh,
    };
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    if paths.is_empty() || paths == ["*"] {
        return Ok(message);
    }
    let full = message.transcode_to_dynamic();
    let mut kept = DynamicMessage::new(full.descriptor());
    for path in paths {
        if !copy(&full, &mut kept, path) {
            return Err(wrong(format!("没有名为 {path} 的字段。")));
        }
    }
    kept.transcode_to()
        .map_err(|e| wrong(format!("无法按字段取数：{e}")))
}

fn copy(from: &DynamicMessage, to: &mut DynamicMessage, path: &str) -> bool {
    let (name, rest) = path
        .split_once('.')
        .map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Some(field) = from.descriptor().get_field_by_name(name) else {
        return false;
    };
    match rest {
        None => {
            if from.has_field(&field) {
                to.set_field(&field, from.get_field(&field).into_owned());
            }
            true
        }
        Some(rest) => {
            let source = from.get_field(&field);
            let (Value::Message(inner), Value::Message(target)) = (source.as_ref(), to.get_field_mut(&field))
            else {
                return false;
            };
            copy(inner, target, rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::organization::v1::Organization;

    use super::*;

    #[test]
    fn only_the_named_fields_stay_and_an_unknown_one_is_refused() {
        let full = Organization {
            id: "1".into(),
            name: "甲".into(),
            version: 3,
            ..Default::default()
        };
        let mask = |paths: &[&str]| FieldMask {
            paths: paths.iter().map(|p| (*p).to_owned()).collect(),
        };
        let kept = keep(full.clone(), Some(&mask(&["name"]))).expect("kept");
        assert_eq!(
            kept,
            Organization {
                name: "甲".into(),
                ..Default::default()
            }
        );
        assert_eq!(keep(full.clone(), None).expect("kept"), full);
        assert!(keep(full.clone(), Some(&mask(&["boss"]))).is_err());
    }
}
