//! The reference page of the instruction set, expanded from the opcode table.

use crate::{Opcode, OperandKind};
use std::fmt::Write;

/// Headings by the high half of the opcode byte.
const GROUPS: &[(u8, &str)] = &[
    (0x0, "Constants"),
    (0x1, "Stack and variables"),
    (0x2, "Procedures and control"),
    (0x3, "Data"),
    (0x4, "Numbers"),
    (0x5, "Actors"),
    (0x6, "Capabilities and sandboxes"),
];

/// The instruction set as Markdown: a heading and a table per group of opcodes.
pub fn reference_markdown() -> String {
    let mut text = String::from(
        "# Instructions\n\nAn instruction is its byte and then its operands, little-endian. *Pops* and *pushes* are \
         64-bit slots; `varies` depends on an operand. A jump that goes backward costs one reduction more.\n",
    );
    for (half, heading) in GROUPS {
        let _ = write!(
            text,
            "\n## {heading}\n\n| Byte | Name | Operands | Pops | Pushes | Reductions | What it does |\n\
             |---|---|---|---|---|---|---|\n"
        );
        for opcode in Opcode::ALL.iter().filter(|opcode| **opcode as u8 >> 4 == *half) {
            text.push_str(&row(*opcode));
        }
    }
    text
}

fn row(opcode: Opcode) -> String {
    let slots = |count: Option<u32>| count.map_or("varies".into(), |count| count.to_string());
    let operands = opcode.operands().iter().map(|(name, kind)| format!("`{name}`: {}", kind_text(*kind)));
    let (pops, pushes) = opcode.stack_effect();
    format!(
        "| `{:#04x}` | `{}` | {} | {} | {} | {} | {} |\n",
        opcode as u8,
        opcode.name(),
        operands.collect::<Vec<_>>().join(", "),
        slots(pops),
        slots(pushes),
        opcode.reductions(),
        opcode.documentation().replace('|', "\\|")
    )
}

fn kind_text(kind: OperandKind) -> &'static str {
    match kind {
        OperandKind::Immediate => "i32",
        OperandKind::ConstIndex => "constant (u32)",
        OperandKind::Count => "count (u16)",
        OperandKind::Slot => "slot (u16)",
        OperandKind::Capture => "capture (u16)",
        OperandKind::Global => "global (u32)",
        OperandKind::Procedure => "procedure (u32)",
        OperandKind::Jump => "offset (i32)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opcode_has_a_row() {
        let page = reference_markdown();
        for opcode in Opcode::ALL {
            let row = format!("| `{:#04x}` | `{}` |", *opcode as u8, opcode.name());
            assert_eq!(page.matches(&row).count(), 1, "{opcode:?}");
        }
    }

    #[test]
    fn rows_say_what_the_table_says() {
        let page = reference_markdown();
        assert!(page.contains(
            "| `0x29` | `Primitive` | `builtin`: constant (u32), `count`: count (u16) | varies | 1 | 0 | Call the \
             primitive that constant `builtin` names with the `count` topmost values; push its value. |"
        ));
    }
}
