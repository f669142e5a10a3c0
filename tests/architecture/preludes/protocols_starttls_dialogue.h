StartTlsWords smtpStartTls(const std::string& name);
