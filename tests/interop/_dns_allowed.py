"""What two good name servers may answer differently, each with its reason. Everything else is an error of one of them."""
import dns.name
import dns.zone

from _dns import A, AAAA, ANY, CNAME, DNAME, DS, HINFO, LAYOUTS, NOERROR, NOTIMP, NS, NSEC, NXDOMAIN, REFUSED, RRSIG, RRset, read_data

ADDRESSES = {A, AAAA}


class Allowed:
    """The rules; they know what the zones hold. @param zones  name to text without $GENERATE"""

    def __init__(self, zones):
        self.held, self.origins = {}, []
        for origin, text in zones.items():
            zone = dns.zone.from_text(text, origin=origin, relativize=False, check_origin=False)
            self.origins.append(zone.origin.to_wire())
            for name, rdataset in zone.iterate_rdatasets():
                key = name.to_wire().lower(), int(rdataset.rdtype)
                self.held.setdefault(key, set()).add(
                    RRset(*key, rdataset.ttl, frozenset(plain(key[1], each.to_wire()) for each in rdataset)))
        self.rules = [self.any_over_a_stream, self.delegation_signer, self.any_is_minimal, self.any_class, self.beside_alias, self.alias_without_end, self.alias_leaves_zone,
                      self.authority_of_answers, self.courtesy, self.glue_does_not_fit, self.no_room]

    def is_held(self, rrset):
        return rrset in self.held.get((rrset.name, rrset.type), ())

    def is_synthesized(self, rrset):
        return any(each._replace(name=rrset.name) == rrset for sets in self.held.values() for each in sets if each.name[:2] == b"\1*")

    def zone_of(self, name):
        return max((each for each in self.origins if name.endswith(each)), key=len, default=None)

    def any_over_a_stream(self, question, field, ours, theirs):
        if question.type == ANY and question.tcp and field in ("answer", "authority", "additional") and theirs.rcode == ours.rcode:
            last = ours.answer[-1:] and ours.answer[-1].name
            if ours.answer[:1] and all(self.is_held(each) or self.is_synthesized(each) for each in ours.answer if each.name == last):
                return "ANY over TCP may give everything: nobody can forge who asks (RFC 8482 section 4.4)"
        return None

    def delegation_signer(self, question, field, ours, theirs):
        if field == "authority" and question.edns and question.edns[1]:
            extra = ours.authority ^ theirs.authority
            if extra and all(each.type == DS and each in ours.authority and self.is_held(each) for each in extra):
                return "the DS of a cut to those who say DO, in zones without signatures, too (RFC 4035 section 3.1.4)"
        return None

    def any_is_minimal(self, question, field, ours, theirs):
        if question.type == ANY and field in ("answer", "additional", "authority") and ours.rcode == NOERROR and ours.answer:
            last, other = ours.answer[-1], theirs.answer[-1:]
            same_chain = [each for each in ours.answer[:-1]] == [each for each in theirs.answer if each.type in (CNAME, DNAME)
                                                                 and each.name != last.name] or len(ours.answer) == 1
            if same_chain and other and (last.type == HINFO or self.is_held(last) or self.is_synthesized(last)):
                return "ANY gives one RRset, which one is free (RFC 8482 section 4.1)"
        return None

    @staticmethod
    def any_class(question, field, ours, _):
        if question.klass == 255 and (ours.rcode in (REFUSED, NOTIMP) or field in ("aa", "authority", "additional")):
            return "class ANY may be refused, and has no authority (RFC 1035 section 6.2)"
        return None

    @staticmethod
    def beside_alias(question, field, ours, theirs):
        if question.type in (RRSIG, NSEC, ANY) and field not in ("aa", "tc") and exists_or_not(ours, theirs):
            longer = max(ours.answer, theirs.answer, key=len)
            shorter = min(ours.answer, theirs.answer, key=len)
            if longer and longer[-1].type in (CNAME, DNAME) and longer[:len(shorter)] == shorter:
                return "RRSIG and NSEC stand beside a CNAME, ANY is the CNAME: followed or not (RFC 4035 section 2.5)"
        return None

    @staticmethod
    def alias_without_end(_, field, ours, theirs):
        if field not in ("answer", "tc", "rcode") or not exists_or_not(ours, theirs):
            return None
        short, long = sorted((ours.answer, theirs.answer), key=len)
        aliases = [each for each in long if each.type == CNAME]
        closed = any(each.name == data for at, each in enumerate(aliases) for later in aliases[at:] for data in later.data)
        far = sum(each.type == CNAME for each in short) >= 5
        if all(each.type in (CNAME, DNAME) for each in long) and long[:len(short)] == short and (far or closed):
            return "a chain of aliases without an end is cut somewhere"
        return None

    def alias_leaves_zone(self, question, field, ours, theirs):
        short = ours.answer
        if not short or short[-1].type != CNAME or theirs.answer[:len(short)] != short or ours.rcode != NOERROR:
            return None
        target = next(iter(short[-1].data))
        if self.zone_of(target) != self.zone_of(question.name.lower()) and field in ("answer", "rcode", "authority", "additional"):
            return "an alias into another zone need not be followed: the resolver asks again anyhow"
        return None

    def authority_of_answers(self, _, field, ours, theirs):
        if field == "authority" and ours.answer and ours.rcode == NOERROR:
            extra = [each for each in ours.authority ^ theirs.authority]
            if all(each.type == NS and each.name in self.origins and self.is_held(each) for each in extra):
                return "the zone's NS beside an answer are a courtesy (RFC 2181 section 6.1 needs none)"
        return None

    def courtesy(self, _, field, ours, theirs):
        """Addresses are optional unless they are glue: then a referral is useless without."""
        if field != "additional":
            return None
        named = b"".join(data for part in (ours.answer, ours.authority) for each in part for data in each.data)
        referral = not ours.answer and not ours.aa and any(each.type == NS for each in ours.authority)
        for each in ours.additional ^ theirs.additional:
            if each.type not in ADDRESSES:
                return None
            if each in ours.additional and (each.name not in named or not self.is_held(each)):
                return None
            if each in theirs.additional and referral and each.name.endswith(next(iter(ours.authority)).name):
                return None
        return "addresses that are no glue are a courtesy"

    def glue_does_not_fit(self, question, field, ours, theirs):
        """NSD 4.6 is older than that RFC, and leaves glue out."""
        if field == "tc" and ours.tc and not question.tcp and not theirs.answer and not theirs.aa:
            cut = next((each for each in theirs.authority if each.type == NS), None)
            named = b"".join(cut.data) if cut else b""
            glue = {each for sets in self.held.values() for each in sets if each.type in ADDRESSES and cut and each.name.endswith(cut.name)
                    and each.name in named}
            if glue - theirs.additional:
                return "a referral whose glue does not fit has TC (RFC 9471 section 3.1)"
        return None

    @staticmethod
    def no_room(question, field, ours, theirs):
        limit = max(512, question.edns[0]) if question.edns else 512
        if field == "tc" and not question.tcp:
            whole = ours if not ours.tc else theirs
            if limit - len(whole.wire) < (60 if theirs.tc else 16):
                return "whether the last bytes suffice depends on compression"
            if limit - len(whole.wire) < 80 and not whole.authority and whole.answer[-1:] and whole.answer[-1].type == CNAME:
                return "an alias to nothing whose SOA does not fit: with TC or without"
        return None


def exists_or_not(ours, theirs):
    """Whether the answers say that a name is there or not, and nothing worse."""
    return {ours.rcode, theirs.rcode} <= {NOERROR, NXDOMAIN}


def plain(kind, data):
    """Data with the names in them in lower case, as _dns.read_data has them."""
    return read_data(data, 0, len(data), kind) if kind in LAYOUTS and data else data
