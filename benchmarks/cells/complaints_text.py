# Insurance: complaints as text, sorted by topic.
# %%
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB

TEXTS = ["claim was refused without reason", "premium went up again", "agent never called back",
         "refused to pay the claim for the car", "price of the policy is too high",
         "phone line busy and no answer", "claim handled too slowly", "monthly premium too expensive"]
TOPICS = ["claim", "price", "service", "claim", "price", "service", "claim", "price"]
# %%
letters = pd.DataFrame({"text": TEXTS * 15, "topic": TOPICS * 15})
letters["text"] = letters["text"].str.lower().str.replace(r"[^a-z ]", "", regex=True)
letters["words"] = letters["text"].str.split().str.len()
letters["claim"] = letters["text"].str.contains("claim")
# %%
train, test = train_test_split(letters, test_size=0.25, random_state=0, stratify=letters["topic"])
# %%
vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
A = vectorizer.fit_transform(train["text"])
B = vectorizer.transform(test["text"])
# %%
model = LogisticRegression(max_iter=300).fit(A, train["topic"])
predicted = model.predict(B)
print(classification_report(test["topic"], predicted))
# %%
svd = TruncatedSVD(5, random_state=0)
low = svd.fit_transform(A)
near = cosine_similarity(B[:5], A)
closest = near.argmax(axis=1)
train.iloc[closest]
# %%
counts = CountVectorizer().fit(train["text"])
bayes = MultinomialNB().fit(counts.transform(train["text"]), train["topic"])
probability = bayes.predict_proba(counts.transform(test["text"]))
test = test.assign(sure=probability.max(axis=1), predicted=predicted)
test[test["sure"] < 0.9].groupby("topic").size()
