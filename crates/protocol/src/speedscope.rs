//! Profiles in the file format of speedscope (<https://www.speedscope.app/file-format-schema.json>).

use std::fmt::Write;

use crate::{Profile, ProfileProcedure};

/// A text as a JSON string, quotes included.
pub fn json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => {
                let written = write!(out, "\\u{:04x}", u32::from(control));
                debug_assert!(written.is_ok(), "a string takes all text");
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

impl Profile {
    /// The profile as a speedscope file: a stack for each node that has samples, with its reductions as weight. Frames are
    /// procedures.
    pub fn to_speedscope(&self, name: &str) -> String {
        let frame = |procedure: &ProfileProcedure| {
            let name = json_text(&procedure.name);
            if procedure.file.is_empty() {
                return format!("{{\"name\":{name}}}");
            }
            format!(
                "{{\"name\":{name},\"file\":{},\"line\":{}}}",
                json_text(&procedure.file),
                procedure.line.max(1)
            )
        };
        let frames: Vec<String> = self.procedures.iter().map(frame).collect();
        let (mut samples, mut weights) = (Vec::new(), Vec::new());
        for node in self.nodes.iter().filter(|node| node.reductions > 0) {
            let mut stack = vec![self.procedure_of(node).to_string()];
            let mut at = node.parent;
            while let Some(parent) = at {
                let parent = &self.nodes[parent as usize];
                stack.push(self.procedure_of(parent).to_string());
                at = parent.parent;
            }
            stack.reverse();
            samples.push(format!("[{}]", stack.join(",")));
            weights.push(node.reductions.to_string());
        }
        let total: u64 = self.nodes.iter().map(|node| node.reductions).sum();
        let whose = match self.actor {
            Some(actor) => format!("{name}, actor {}", actor.0),
            None => format!("{name}, all actors"),
        };
        format!(
            "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"name\":{0},\"exporter\":\"Physics World\",\
             \"activeProfileIndex\":0,\"shared\":{{\"frames\":[{1}]}},\"profiles\":[{{\"type\":\"sampled\",\"name\":{0},\
             \"unit\":\"none\",\"startValue\":0,\"endValue\":{total},\"samples\":[{2}],\"weights\":[{3}]}}]}}\n",
            json_text(&whose),
            frames.join(","),
            samples.join(","),
            weights.join(","),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::json_text;

    #[test]
    fn a_text_is_quoted_as_json_wants_it() {
        assert_eq!(json_text("a\"b\\c\n\u{1}é"), "\"a\\\"b\\\\c\\u000a\\u0001é\"");
    }
}
