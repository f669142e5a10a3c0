extern const std::string_view kZone;
rw::Deferred<rw::dns::A> slow(rw::dns::Question question);
