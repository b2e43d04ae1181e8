//! `NAME{option=value,...}`: how a monitor or a workload is written with its options, the same on
//! the command line, in records and in reports.

/// A label taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label<'a> {
    /// The name before the braces.
    pub name: &'a str,
    /// The options inside them, in the order in which they stand.
    pub options: Vec<(&'a str, &'a str)>,
}

impl<'a> Label<'a> {
    /// Takes `text` apart; `None` where braces are left open or hold anything but `option=value`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let Some((name, rest)) = text.split_once('{') else {
            let options = Vec::new();
            return Some(Self {
                name: text,
                options,
            });
        };
        let inside = rest.strip_suffix('}')?;
        let options = inside.split(',').map(|one| one.trim().split_once('='));
        Some(Self {
            name,
            options: options.collect::<Option<_>>()?,
        })
    }

    /// The value of the option `name`, where it was given.
    pub fn option(&self, name: &str) -> Option<&'a str> {
        let mut all = self.options.iter();
        all.find(|(option, _)| *option == name)
            .map(|(_, value)| *value)
    }
}

/// The name in `label`, without the options.
pub fn bare_name(label: &str) -> &str {
    label.split_once('{').map_or(label, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_apart() {
        let of = |name, options: &[(&'static str, &'static str)]| {
            let options = options.to_vec();
            Some(Label { name, options })
        };
        assert_eq!(Label::parse("null"), of("null", &[]));
        let both = of("netlink", &[("rcvbuf", "1M"), ("lookup", "never")]);
        assert_eq!(Label::parse("netlink{rcvbuf=1M, lookup=never}"), both);
        for bad in ["netlink{rcvbuf", "netlink{rcvbuf}", "a{2}", "a{}"] {
            assert_eq!(Label::parse(bad), None, "{bad}");
        }
        assert_eq!(bare_name("netlink{rcvbuf=1M}"), "netlink");
    }

    #[test]
    fn an_option_is_found_by_its_name() {
        let label = Label::parse("ebpf{ring=1M,wake=4k}");
        assert_eq!(label.and_then(|label| label.option("wake")), Some("4k"));
    }
}
