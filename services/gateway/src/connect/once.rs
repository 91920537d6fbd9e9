//! Each field of a JSON message is said once, whichever of its two names it goes by: of a field said twice, another
//! reader of the same bytes may believe the other one.

use std::{borrow::Cow, collections::HashSet, fmt};

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

/// Fails at the first field that is said twice, and at what is no JSON or too deep; what the fields hold is not
/// looked at.
pub(super) fn check(message: &MessageDescriptor, json: &[u8]) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(json);
    Level(Some(Inside::Message(message.clone()))).deserialize(&mut json)
}

/// What the names at one level of the document are.
#[derive(Clone)]
enum Inside {
    /// Fields of a message.
    Message(MessageDescriptor),
    /// Keys of a map, each with such a value.
    Map(FieldDescriptor),
}

impl Inside {
    fn of(field: &FieldDescriptor) -> Option<Self> {
        if field.is_map() {
            return Some(Self::Map(field.clone()));
        }
        match field.kind() {
            Kind::Message(message) => Some(Self::Message(message)),
            _ => None,
        }
    }
}

/// One level; `None` where no names are known, which the reading itself judges.
#[derive(Clone)]
struct Level(Option<Inside>);

impl Level {
    /// What identifies a name here, and the level below it.
    fn below(&self, name: &str) -> (String, Level) {
        match &self.0 {
            Some(Inside::Message(message)) => {
                let field = message
                    .get_field_by_json_name(name)
                    .or_else(|| message.get_field_by_name(name));
                let known = field.as_ref().map_or(name, |field| field.json_name());
                (known.to_owned(), Level(field.as_ref().and_then(Inside::of)))
            }
            Some(Inside::Map(field)) => {
                let value = match field.kind() {
                    Kind::Message(entry) => Inside::of(&entry.map_entry_value_field()),
                    _ => None,
                };
                (name.to_owned(), Level(value))
            }
            None => (name.to_owned(), Level(None)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut said = HashSet::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let (known, below) = self.below(&name);
            map.next_value_seed(below)?;
            if !said.insert(known) {
                return Err(A::Error::custom(format!("field '{name}' is said twice")));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.clone())?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
