struct Answer {};
struct Here : Protocol {
  Deferred<Answer> ask();
  void show(const Answer& answer);
};
