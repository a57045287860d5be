# Input: the program asks, and waits for your answer under the run.
name = input("Your name? ")
for letter in sorted(set(name.lower())):
    if letter.isalpha():
        print(letter, name.lower().count(letter))
