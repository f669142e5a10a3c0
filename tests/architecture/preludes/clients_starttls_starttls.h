StartTlsWords smtpStartTls();
