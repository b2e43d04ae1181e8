//! What a page shows of a record, in words and in order; the templates only lay it out.

mod cell_row;
mod page;
mod record;
mod workload;

pub(crate) use page::Page;
