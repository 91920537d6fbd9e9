//! Reading a CSV sheet so that every later mistake can be named by its line.

use super::problem::Problem;

/// The rows of a sheet, their fields in the order of the columns that were asked for.
#[derive(Debug)]
pub(crate) struct Sheet {
    name: &'static str,
    columns: Vec<&'static str>,
    /// All well-formed rows, in file order.
    pub(crate) rows: Vec<Row>,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// The line on which it begins, from 1.
    pub(crate) line: u64,
    fields: Vec<String>,
}

impl Sheet {
    /// Reads a sheet. Every column of `columns` must be there, in any order; those of `optional` may be.
    /// Rows of another length than the header are named and left out.
    pub(crate) fn read(
        name: &'static str,
        text: &str,
        columns: &[&'static str],
        optional: &[&'static str],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut sheet = Self {
            name,
            columns: columns.to_vec(),
            rows: Vec::new(),
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => {
                problems.push(Problem::new(
                    name,
                    "SHEET_UNREADABLE",
                    format!("无法读取表头：{error}。"),
                ));
                return sheet;
            }
        };
        let Some(places) = sheet.places(&header, optional, problems) else {
            return sheet;
        };
        let mut lines = Lines {
            text: text.as_bytes(),
            counted: 0,
            line: 1,
        };
        for record in reader.records() {
            sheet.take(record, header.len(), &places, &mut lines, problems);
        }
        sheet
    }

    /// Where each wanted column stands in the header.
    fn places(
        &self,
        header: &csv::StringRecord,
        optional: &[&'static str],
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<usize>> {
        let before = problems.len();
        let place = self.name;
        for (index, column) in header.iter().enumerate() {
            if header.iter().take(index).any(|earlier| earlier == column) {
                problems.push(Problem::new(
                    format!("{place}:1"),
                    "COLUMN_REPEATED",
                    format!("列 {column} 重复。"),
                ));
            } else if !self.columns.contains(&column) && !optional.contains(&column) {
                problems.push(Problem::new(
                    format!("{place}:1"),
                    "COLUMN_UNKNOWN",
                    format!("不认识的列 {column}。"),
                ));
            }
        }
        let mut places = Vec::new();
        for column in &self.columns {
            match header.iter().position(|found| found == *column) {
                Some(index) => places.push(index),
                None => problems.push(Problem::new(
                    format!("{place}:1"),
                    "COLUMN_MISSING",
                    format!("缺少列 {column}。"),
                )),
            }
        }
        (problems.len() == before).then_some(places)
    }

    fn take(
        &mut self,
        record: Result<csv::StringRecord, csv::Error>,
        width: usize,
        places: &[usize],
        lines: &mut Lines<'_>,
        problems: &mut Vec<Problem>,
    ) {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, |position| lines.at(position.byte()));
                if record.len() == width {
                    let fields = places.iter().map(|&index| record[index].to_owned()).collect();
                    self.rows.push(Row { line, fields });
                } else {
                    problems.push(Problem::new(
                        format!("{}:{line}", self.name),
                        "ROW_LENGTH",
                        format!("本行有 {} 个字段，表头有 {width} 个。", record.len()),
                    ));
                }
            }
            Err(error) => problems.push(Problem::new(
                self.name,
                "SHEET_UNREADABLE",
                format!("无法读取：{error}。"),
            )),
        }
    }

    /// A field of a row by the name of its column, which must be one that was asked for.
    pub(crate) fn get<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        let index = self.columns.iter().position(|known| *known == column);
        index.map_or("", |index| &row.fields[index])
    }

    /// The parts of a field that holds a list joined by `;`.
    pub(crate) fn list(&self, row: &Row, column: &str) -> Vec<String> {
        let field = self.get(row, column);
        field
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The place of a row and column, for a problem.
    pub(crate) fn place(&self, row: &Row, column: &str) -> String {
        format!("{}:{}, {column}", self.name, row.line)
    }
}

/// Counts lines up to a record. The reader's own count is taken before it skips blank lines and the second
/// half of a CRLF, and would name the line before.
struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line, from 1, of the first byte at or after `byte` that is no line end. Asked in rising order.
    fn at(&mut self, byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let ends = self.text[from..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let start = from + ends.count();
        while self.counted < start {
            let ends = match self.text[self.counted] {
                b'\n' => true,
                b'\r' => self.text.get(self.counted + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends);
            self.counted += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_may_stand_in_any_order_and_lines_are_kept() {
        let mut problems = Vec::new();
        let sheet = Sheet::read(
            "t.csv",
            "\u{feff}b,a\r\n1, 2\r\n\r\n3,4\r\n",
            &["a", "b"],
            &[],
            &mut problems,
        );
        assert!(problems.is_empty());
        assert_eq!(sheet.get(&sheet.rows[0], "a"), "2");
        assert_eq!(sheet.place(&sheet.rows[1], "a"), "t.csv:4, a");
    }

    #[test]
    fn a_wrong_header_and_a_short_row_are_named() {
        let mut problems = Vec::new();
        Sheet::read("t.csv", "a,c,c\n", &["a", "b"], &[], &mut problems);
        let reasons: Vec<_> = problems.iter().map(|p| p.reason).collect();
        assert_eq!(reasons, ["COLUMN_UNKNOWN", "COLUMN_REPEATED", "COLUMN_MISSING"]);
        problems.clear();
        let sheet = Sheet::read("t.csv", "a,b\n1\n2,3\n", &["a", "b"], &[], &mut problems);
        assert_eq!((sheet.rows.len(), problems[0].place.as_str()), (1, "t.csv:2"));
    }
}
