struct Here : Protocol {};
