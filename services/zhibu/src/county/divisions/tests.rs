//! What a county file may and may not be.

use std::io::Write;

use super::*;

const SMALL: &str = "code,name,parent_code,level\n61,省,,province\n6101,市,61,city\n610101,县,6101,county\n\
    610101001,镇,610101,town\n610101001200,村,610101001,village\n";

#[test]
fn the_shipped_county_has_between_100_and_150_villages_and_communities() {
    let reading = Divisions::read(SHIPPED).expect("a county");
    assert!(reading.bad.is_empty(), "{:?}", reading.bad);
    let divisions = reading.divisions;
    assert_eq!(
        (divisions.top().code.as_str(), divisions.top().name.as_str()),
        ("610323", "岐山县")
    );
    assert_eq!((divisions.towns.len(), divisions.areas.len()), (9, 121));
    assert_eq!(
        (divisions.city.name.as_str(), divisions.province.name.as_str()),
        ("宝鸡市", "陕西省")
    );
}

#[test]
fn gzip_a_missing_header_and_missing_ancestors_read_the_same() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(SMALL.as_bytes()).expect("packs");
    let plain = Divisions::read(SMALL.as_bytes()).expect("plain").divisions;
    let gzip = Divisions::read(&packed.finish().expect("packs"))
        .expect("gzip")
        .divisions;
    assert_eq!(plain, gzip);
    let cut: String = SMALL.lines().skip(3).map(|line| format!("{line}\r\n")).collect();
    let cut = Divisions::read(cut.as_bytes()).expect("cut out");
    assert!(cut.bad.is_empty());
    assert_eq!(cut.divisions.areas, plain.areas);
    assert_eq!(
        (
            cut.divisions.city.name.as_str(),
            cut.divisions.province.code.as_str()
        ),
        ("6101", "61")
    );
}

#[test]
fn every_bad_row_is_named_with_its_line_and_the_others_stay() {
    let text = format!(
        "{SMALL}610101001201,乙村,610101001,hamlet\n61010100120,丙村,610101001,village\n\
         610101001203,,610101001,village\n610101001200,丁村,610101001,village\n\
         610101001205,戊村,610101009,village\n610101001206,己村,,village\n610101001207,庚村\n"
    );
    let reading = Divisions::read(text.as_bytes()).expect("a county");
    let found: Vec<(u64, &str)> = reading
        .bad
        .iter()
        .map(|row| {
            let name = match row.wrong {
                Wrong::Fields(_) => "fields",
                Wrong::UnknownLevel(_) => "level",
                Wrong::CodeLength(..) => "length",
                Wrong::EmptyName(_) => "name",
                Wrong::Repeated(_, 6) => "repeated",
                Wrong::Repeated(..) => "repeated elsewhere",
                Wrong::MissingParent(_) => "no parent",
                Wrong::UnknownParent(..) => "parent",
            };
            (row.line, name)
        })
        .collect();
    let wanted = [
        (7, "level"),
        (8, "length"),
        (9, "name"),
        (10, "repeated"),
        (11, "parent"),
        (12, "no parent"),
        (13, "fields"),
    ];
    assert_eq!(found, wanted);
    assert_eq!(reading.divisions.areas.len(), 1);
    assert!(
        reading.bad[0].to_string().starts_with("第 7 行："),
        "{}",
        reading.bad[0]
    );
}

#[test]
fn what_hangs_below_a_bad_row_is_bad_too() {
    let text = SMALL.replace("610101001,镇", "61010100,镇");
    let Err(NotACounty::Empty(bad)) = Divisions::read(text.as_bytes()) else {
        panic!("no county left")
    };
    assert_eq!(bad.iter().map(|row| row.line).collect::<Vec<_>>(), [5, 6]);
}

#[test]
fn two_cities_and_broken_files_are_refused() {
    let two = format!(
        "{SMALL}6102,乙市,61,city\n610201,乙县,6102,county\n610201001,乙镇,610201,town\n\
         610201001001,乙社区,610201001,community\n"
    );
    assert!(matches!(
        Divisions::read(two.as_bytes()),
        Err(NotACounty::ManyCities(2))
    ));
    assert!(matches!(
        Divisions::read(&[0x1f, 0x8b, 1, 2]),
        Err(NotACounty::Unreadable(_))
    ));
    assert!(matches!(
        Divisions::read(&[0xff, 0xfe]),
        Err(NotACounty::Unreadable(_))
    ));
    assert!(matches!(Divisions::read(b""), Err(NotACounty::Empty(_))));
}
