//! Messages on the wire: `Content-Length: N`, an empty line, N bytes of JSON.
//!
//! 1. Nothing is read beyond the end of a message, and nothing is reserved before its length was found sensible.
//! 2. After a broken head there is no way to find the next message: it is the last.

use std::io::{self, BufRead, Read, Write};

use serde_json::Value;

/// Longest message, bytes.
const MESSAGE_BYTES_MAX: usize = 8 << 20;
/// Longest head, bytes.
const HEAD_BYTES_MAX: u64 = 4 << 10;

/// What comes next from a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The bytes of a message.
    Message(Vec<u8>),
    /// Something else: what was expected.
    Broken(String),
    /// The client has closed the connection.
    End,
}

/// The next message.
pub(super) fn read_frame(reader: &mut impl BufRead) -> Frame {
    let length = match read_head(reader) {
        Ok(Some(length)) => length,
        Ok(None) => return Frame::End,
        Err(text) => return Frame::Broken(text),
    };
    let mut bytes = Vec::new();
    match reader.take(length as u64).read_to_end(&mut bytes) {
        Ok(read) if read == length => Frame::Message(bytes),
        Ok(read) => {
            Frame::Broken(format!("the client went away after {read} of {length} bytes of a message"))
        }
        Err(error) => Frame::Broken(error.to_string()),
    }
}

/// The length that a head tells; nothing at the end of the stream.
fn read_head(reader: &mut impl BufRead) -> Result<Option<usize>, String> {
    let mut length = None;
    let mut left = HEAD_BYTES_MAX;
    loop {
        let mut line = Vec::new();
        let read =
            reader.by_ref().take(left).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        left -= read as u64;
        if read == 0 && left == HEAD_BYTES_MAX {
            return Ok(None);
        }
        if line.last() != Some(&b'\n') {
            return Err(if left == 0 {
                format!(
                    "a head of more than {HEAD_BYTES_MAX} bytes; expected: Content-Length: N, and an empty line"
                )
            } else {
                "the client went away in the head of a message".to_string()
            });
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            return match length {
                Some(length) => Ok(Some(length)),
                None => Err("a head without Content-Length; expected: Content-Length: N".to_string()),
            };
        }
        let Some((name, value)) = text.split_once(':') else {
            return Err(format!("`{text}` in the head of a message; expected: Content-Length: N"));
        };
        if name.trim().eq_ignore_ascii_case("content-length") {
            let value = value.trim();
            let found = value.parse::<usize>().ok();
            let found =
                found.ok_or_else(|| format!("Content-Length expects a number of bytes, not `{value}`"))?;
            if found > MESSAGE_BYTES_MAX {
                return Err(format!("a message of {found} bytes; {MESSAGE_BYTES_MAX} is the most"));
            }
            length = Some(found);
        }
    }
}

/// Sends a message.
///
/// # Errors
/// When the client does not take it.
pub(super) fn write_frame(writer: &mut impl Write, message: &Value) -> io::Result<()> {
    let text = message.to_string();
    writer.write_all(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes())?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        let message = serde_json::json!({ "seq": 1, "text": "λ" });
        write_frame(&mut bytes, &message).expect("a vector takes all");
        write_frame(&mut bytes, &message).expect("a vector takes all");
        let mut reader = &bytes[..];
        for _ in 0..2 {
            assert_eq!(read_frame(&mut reader), Frame::Message(message.to_string().into_bytes()));
        }
        assert_eq!(read_frame(&mut reader), Frame::End);
    }

    #[test]
    fn broken_heads_say_what_was_expected() {
        for (text, expected) in [
            ("Content-Length: 99999999999\r\n\r\n", "is the most"),
            ("Content-Length: -1\r\n\r\n", "expects a number of bytes, not `-1`"),
            ("Content-Type: x\r\n\r\n", "without Content-Length"),
            ("{}\r\n\r\n", "expected: Content-Length"),
            ("Content-Length: 5\r\n\r\nab", "after 2 of 5 bytes"),
            ("Content-Length: 5\r\n", "went away in the head"),
        ] {
            match read_frame(&mut text.as_bytes()) {
                Frame::Broken(found) => assert!(found.contains(expected), "{text}: {found}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        let long = "x".repeat(10_000);
        assert!(
            matches!(read_frame(&mut long.as_bytes()), Frame::Broken(text) if text.contains("a head of more"))
        );
    }
}
